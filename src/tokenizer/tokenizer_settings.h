// What the files of a tokenizer say beside its vocabulary: where ids would differ from transformers' if it
// were passed over, the tokenizer is refused by name.
#pragma once

#include <filesystem>
#include <nlohmann/json_fwd.hpp>
#include <optional>

#include "rpp/tokenizer.h"
#include "tokenizer/basic_tokenizer.h"
#include "tokenizer/vocab.h"

namespace rpp {

enum class TokenizerKind { wordpiece, sentencepiece };

// Of tokenizer_config.json: another class of tokenizer, special tokens by other names, tokens that were
// added, parts of BERT's tokenization that are switched off. Throws Error that names the file and the
// setting.
void check_tokenizer_config(const nlohmann::json& config, const std::filesystem::path& file,
                            TokenizerKind kind, const Tokenizer& tokenizer);

// The same of added_tokens.json, special_tokens_map.json and config.json in this directory.
void check_files_beside(const std::filesystem::path& directory, TokenizerKind kind,
                        const Tokenizer& tokenizer);

// Of a vocabulary about which no file says whether its text is lower-cased: capitals in its pieces tell,
// which lower-cased text would never reach. Special pieces, [UNK] or <s>, do not count.
LetterCase letter_case_of(const Vocabulary& vocabulary);

}  // namespace rpp
