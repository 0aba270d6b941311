// A small byte-level tokenizer: the special tokens of RoBERTa (0 to 4), the 256 bytes (5 + byte), the pieces
// of 27 merges.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "tokenizer/byte_chars.h"
#include "tokenizer/text_files.h"

namespace rpp {

inline constexpr std::string_view kByteBpeMerges =
    "#version: 0.2\n\u0120 a\n\u0120 t\nh e\n\u0120t he\ni n\nin g\na t\nc at\n\u0120 c\n\u0120c at\nl l\n' "
    "s\n"
    "' ll\n\u0120 \u0120\n\u00c3 \u00a9\n\u00f0 \u0141\n\u00f0\u0141 \u013a\na a\naa aa\n1 2\na b\nb c\nab "
    "c\n"
    "x y\ny z\n\u0120 '\n< m\n";

inline nlohmann::json byte_bpe_vocab() {
  nlohmann::json vocab = {{"<s>", 0}, {"<pad>", 1}, {"</s>", 2}, {"<unk>", 3}, {"<mask>", 4}};
  for (int byte = 0; byte < 256; ++byte) vocab[byte_char(static_cast<unsigned char>(byte))] = 5 + byte;
  std::string_view lines = kByteBpeMerges;
  for (lines.remove_prefix(lines.find('\n') + 1); !lines.empty();) {
    const std::string line(lines.substr(0, lines.find('\n')));
    const size_t blank = line.find(' ');
    vocab[line.substr(0, blank) + line.substr(blank + 1)] = vocab.size();
    lines.remove_prefix(line.size() + 1);
  }
  return vocab;
}

// The directory of a RoBERTa model, without weights.
class ByteBpeFolder : public TextFiles {
 protected:
  ByteBpeFolder() {
    write_json("vocab.json", byte_bpe_vocab());
    write("merges.txt", kByteBpeMerges);
    write("config.json", R"({"model_type": "roberta"})");
  }
  void write_json(const char* name, const nlohmann::json& file) const { write(name, file.dump()); }
};

}  // namespace rpp
