// The tokenizer of a model directory, whichever kind it is.
#pragma once

#include <filesystem>
#include <memory>

#include "rpp/tokenizer.h"

namespace rpp {

// Reads a model directory: vocab.txt with tokenizer_config.json (do_lower_case; where it does not say, a
// vocabulary with capitals is cased, and the log says so), a
// sentencepiece model (spiece.model, tokenizer.model), or the tokenizer.json of a BERT tokenizer, which is
// all that transformers 5 saves. A path to one of these files itself is accepted too. Throws Error for a
// missing file, a duplicate entry, a missing special token, and for what would give other ids than these
// tokenizers do: added tokens, other classes and other special tokens in tokenizer_config.json,
// added_tokens.json, special_tokens_map.json and config.json.
std::unique_ptr<Tokenizer> load_tokenizer(const std::filesystem::path& path);

}  // namespace rpp
