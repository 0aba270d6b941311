// How many tokens of a text a model was trained to read: model_max_length of tokenizer_config.json, at which
// transformers' tokenizers cut.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string_view>

namespace rpp {

// Adds it to the tokenizer_config.json that Tokenizer::save has written.
void write_model_max_length(const std::filesystem::path& model_dir, int64_t tokens);

// Nothing where there is no such file, where it does not say, and where it says "no limit" as transformers
// does: a number of 31 digits. Throws Error naming the file when the value is no number of tokens.
std::optional<int64_t> read_model_max_length(const std::filesystem::path& model_dir);
// The same of the file's text; `file` is what messages name.
std::optional<int64_t> parse_model_max_length(std::string_view tokenizer_config,
                                              const std::filesystem::path& file);

}  // namespace rpp
