// The number of tokens a model was trained to read: model_max_length of tokenizer_config.json, to which
// transformers' tokenizers truncate.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string_view>

namespace rpp {

// Adds it to the tokenizer_config.json written by Tokenizer::save.
void write_model_max_length(const std::filesystem::path& model_dir, int64_t tokens);

// Nothing if the file or the key is absent, or if it is transformers' "no limit", a number of 31 digits.
// Throws Error naming the file when the value is not a number of tokens.
std::optional<int64_t> read_model_max_length(const std::filesystem::path& model_dir);
// The same from the file's text; `file` is the name in messages.
std::optional<int64_t> parse_model_max_length(std::string_view tokenizer_config,
                                              const std::filesystem::path& file);

}  // namespace rpp
