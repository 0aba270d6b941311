// The tokenizer of a model directory, whichever kind it is.
#pragma once

#include <filesystem>
#include <memory>

#include "rpp/tokenizer.h"

namespace rpp {

// Reads a model directory: vocab.txt with tokenizer_config.json (do_lower_case; if absent, a vocabulary with
// capitals is cased, and the log says so), a sentencepiece model (spiece.model, tokenizer.model), or the
// tokenizer.json of a BERT tokenizer, the only file that transformers 5 saves. Also accepts the path of one
// of these files. Throws Error for a missing file, a duplicate entry, a missing special token, and for
// everything that would give different ids: added tokens, other classes and other special tokens in
// tokenizer_config.json, added_tokens.json, special_tokens_map.json and config.json.
std::unique_ptr<Tokenizer> load_tokenizer(const std::filesystem::path& path);

}  // namespace rpp
