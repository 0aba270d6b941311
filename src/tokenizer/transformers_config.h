// What the files beside a vocabulary say to transformers: tokenizer_config.json, special_tokens_map.json and
// added_tokens.json, as TokenizersBackend of transformers 5 reads them.
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tokenizer/added_vocabulary.h"
#include "tokenizer/tokenizer_settings.h"
#include "tokenizer/tokenizer_texts.h"

namespace rpp {

struct TransformersConfig {
  // Without "Fast". Of config.json, if tokenizer_config.json has none, and there what model_type implies; or
  // empty.
  std::string tokenizer_class;
  std::optional<bool> do_lower_case, strip_accents, tokenize_chinese_chars;  // of WordPiece
  std::optional<bool> add_prefix_space, trim_offsets;                        // of byte-level BPE
  // cls_token and so on, by key; nothing for null. Standard keys are in the order in which transformers adds
  // them.
  std::vector<std::pair<std::string, std::optional<StatedToken>>> named;
  std::vector<StatedToken> extra;  // further special tokens
  std::vector<StatedToken> added;  // by id
};

// `folder` names the files in messages; `in_json` are the added tokens of a tokenizer.json. Throws Error that
// names the file and the key for a tokenizer class with other ids, for a setting that is not supported, and
// for a damaged file.
TransformersConfig read_transformers_config(const TokenizerTexts& texts, const std::filesystem::path& folder,
                                            const std::vector<StatedToken>& in_json, TokenizerKind kind);

// Adds special tokens, as key and content, that a class of transformers has if no file names them.
void name_missing_tokens(TransformersConfig& config,
                         std::span<const std::pair<const char*, const char*>> names);

// Sets `name` to the special token of that key, if a file names one.
void set_special_name(const TransformersConfig& config, std::string_view key, std::string& name);

// Adds them as transformers does: to those that the tokenizers library reads from a tokenizer.json.
void add_tokens(const TransformersConfig& config, AddedVocabulary& added);

}  // namespace rpp
