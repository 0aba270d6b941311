// Makes a sentencepiece tokenizer from the texts of its files, from a model directory or a model file.
#pragma once

#include <filesystem>
#include <memory>

#include "rpp/tokenizer.h"
#include "tokenizer/tokenizer_texts.h"

namespace rpp {

// The ids (PieceIds) are those of a tokenizer.json, which must have the pieces of the model beside it;
// without one CamemBERT's for the class CamembertTokenizer in tokenizer_config.json or config.json, or for
// that model_type; XLM-R's for its class, or a model named sentencepiece.bpe.model; else the model's own.
// Throws Error naming the file in `directory` and what in it is not supported: other classes, added tokens,
// special tokens of other names.
std::unique_ptr<Tokenizer> make_sentencepiece(const std::filesystem::path& directory,
                                              const TokenizerTexts& files);

}  // namespace rpp
