// The files by which a model directory holds its tokenizer.
#pragma once

#include <filesystem>

namespace rpp {

// What of them `from` has.
inline void copy_tokenizer_files(const std::filesystem::path& from, const std::filesystem::path& to) {
  for (const char* name : {"vocab.txt", "tokenizer_config.json", "tokenizer.json", "spiece.model",
                           "tokenizer.model", "special_tokens_map.json", "added_tokens.json"}) {
    if (std::filesystem::exists(from / name)) std::filesystem::copy_file(from / name, to / name);
  }
}

}  // namespace rpp
