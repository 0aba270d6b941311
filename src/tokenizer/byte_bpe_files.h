// Makes a byte-level tokenizer from the texts of its files, from a model directory or a model file.
//
// Ids and offsets are those of transformers' AutoTokenizer: RobertaTokenizer takes vocabulary, merges and
// added tokens from a tokenizer.json or, if there is none, from vocab.json and merges.txt; its switches are
// in tokenizer_config.json. PreTrainedTokenizerFast and TokenizersBackend read a tokenizer.json as it is.
#pragma once

#include <filesystem>
#include <memory>

#include "tokenizer/byte_bpe.h"
#include "tokenizer/tokenizer_texts.h"

namespace rpp {

// `folder` names the files in messages. Throws Error that names the file and the key for whatever would give
// other ids, for a missing file or special token, and for damaged files.
std::unique_ptr<ByteBpeTokenizer> make_byte_bpe(const TokenizerTexts& texts,
                                                const std::filesystem::path& folder);

}  // namespace rpp
