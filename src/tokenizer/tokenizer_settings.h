// Checks the files beside a vocabulary: a tokenizer whose settings would give other ids than transformers if
// ignored is refused by name.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string_view>

#include "rpp/tokenizer.h"
#include "tokenizer/basic_tokenizer.h"
#include "tokenizer/tokenizer_texts.h"
#include "tokenizer/vocab.h"

namespace rpp {

enum class TokenizerKind { wordpiece, sentencepiece, byte_bpe };

// WordPiece with RoBERTa's special tokens and two separators between texts.
inline constexpr const char* kMpnetTokenizer = "MPNetTokenizer";

// A sentencepiece model after rules of its own: see TextRules.
inline constexpr const char* kAlbertTokenizer = "AlbertTokenizer";
inline constexpr const char* kXlmRobertaTokenizer = "XLMRobertaTokenizer";
inline constexpr const char* kCamembertTokenizer = "CamembertTokenizer";

// tokenizer_class of tokenizer_config.json or config.json without "Fast"; empty if it is absent. Throws Error
// for a class whose ids are not those of the kind.
std::string tokenizer_class_of(const nlohmann::json& config, const std::filesystem::path& file,
                               TokenizerKind kind);

// Throws Error for settings of tokenizer_config.json that change a WordPiece tokenizer's ids and are not
// supported.
void check_tokenizer_switches(const nlohmann::json& config, const std::filesystem::path& file);

// Checks tokenizer_config.json, special_tokens_map.json, added_tokens.json and config.json beside a
// sentencepiece model for another tokenizer class, renamed special tokens and added tokens, of which only
// those with an id by `added` are supported. Throws Error that names the file in `folder` and the setting.
void check_files_beside(const TokenizerTexts& texts, const std::filesystem::path& folder,
                        const Tokenizer& tokenizer,
                        const std::function<std::optional<int32_t>(std::string_view)>& added);

// For a vocabulary without a case setting: capitals in its pieces, which lower-cased text could never match,
// show that it is cased. Special pieces, [UNK] or <s>, do not count.
LetterCase letter_case_of(const Vocabulary& vocabulary);

}  // namespace rpp
