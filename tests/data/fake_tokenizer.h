// A tokenizer for tests: one id per word, split at blanks; "##" marks a continuation. The first five ids are
// the special tokens.
#pragma once

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "message_of.h"
#include "rpp/error.h"
#include "rpp/tokenizer.h"
#include "tokenizer_files/fingerprint.h"

namespace rpp {

// Its vocabulary is w0, ##w0, w1, ##w1, ...: word n has id 5 + 2n, its continuation 6 + 2n.
class FakeTokenizer : public Tokenizer {
 public:
  explicit FakeTokenizer(int32_t size = 1005, std::string identity = "fake")
      : identity_(std::move(identity)) {
    pieces_ = {"[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"};
    for (int32_t id = 5; id < size; ++id) {
      pieces_.push_back(fmt::format("{}w{}", id % 2 == 1 ? "" : "##", (id - 5) / 2));
    }
  }
  void encode_into(std::string_view text, std::vector<int32_t>& ids) const override {
    std::istringstream words{std::string(text)};
    for (std::string word; words >> word;) {
      if (word != "\xef\xbb\xbf") ids.push_back(id_of(word));
    }
  }
  EncodedText encode_with_offsets(std::string_view text) const override {
    EncodedText encoded;
    for (size_t begin = 0; begin < text.size();) {
      const size_t end = std::min(text.find(' ', begin), text.size());
      if (end > begin) {
        encoded.ids.push_back(id_of(std::string(text.substr(begin, end - begin))));
        encoded.spans.push_back({static_cast<uint32_t>(begin), static_cast<uint32_t>(end)});
      }
      begin = end + 1;
    }
    return encoded;
  }
  bool is_continuation(int32_t id) const override { return piece(id).starts_with("##"); }
  std::string_view piece(int32_t id) const override { return pieces_[static_cast<size_t>(id)]; }
  int32_t size() const override { return static_cast<int32_t>(pieces_.size()); }
  const SpecialTokens& special() const override { return special_; }
  void save(const std::filesystem::path&) const override {}

 private:
  std::string identity() const override { return identity_; }

  int32_t id_of(std::string_view word) const {
    const bool continues = word.starts_with("##");
    const std::string number(word.substr(continues ? 3 : 1));
    if (number.empty() || !std::all_of(number.begin(), number.end(), ::isdigit)) return special_.unk;
    const int32_t id = 5 + 2 * std::stoi(number) + (continues ? 1 : 0);
    return id < size() ? id : special_.unk;
  }

  std::vector<std::string> pieces_;
  SpecialTokens special_{.pad = 0, .unk = 1, .cls = 2, .sep = 3, .mask = 4};
  std::string identity_;
};

// Reads shards made with FakeTokenizer().
inline std::string fake_fingerprint() {
  return fingerprint(FakeTokenizer());
}

// A directory for the running test, removed at its end.
class TestDir {
 public:
  explicit TestDir(const std::string& name)
      : path_(std::filesystem::temp_directory_path() / fmt::format("rpp_{}_{}", name, ::getpid())) {
    std::filesystem::remove_all(path_);
    std::filesystem::create_directories(path_);
  }
  ~TestDir() { std::filesystem::remove_all(path_); }
  std::filesystem::path write(const std::string& name, std::string_view text) const {
    std::ofstream(path_ / name, std::ios::binary) << text;
    return path_ / name;
  }
  std::filesystem::path operator/(const std::string& name) const { return path_ / name; }
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

// Documents with the given numbers of sentences of 3 to 9 words. Words identify the document: document d uses
// words 10 d + 0..9.
inline std::string corpus_text(int num_documents, int num_sentences) {
  std::string text;
  for (int document = 0; document < num_documents; ++document) {
    for (int sentence = 0; sentence < num_sentences; ++sentence) {
      for (int word = 0; word < 3 + (document + sentence) % 7; ++word) {
        text += fmt::format("w{} ", 10 * document + (sentence + word) % 10);
      }
      text += "\n";
    }
    text += "\n";
  }
  return text;
}

}  // namespace rpp
