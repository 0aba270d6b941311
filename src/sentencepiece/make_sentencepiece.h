// Makes a sentencepiece tokenizer from the texts of its files, from a model directory or a model file.
#pragma once

#include <filesystem>
#include <memory>

#include "rpp/tokenizer.h"
#include "tokenizer/tokenizer_texts.h"

namespace rpp {

// The ids are XLM-R's (PieceIds) for a file named sentencepiece.bpe.model, for the class XLMRobertaTokenizer
// in tokenizer_config.json or config.json, and where a tokenizer.json has them; else those of the model. A
// tokenizer.json beside a model must have the same pieces. Throws Error naming the file in `directory` and
// what in it is not supported: other classes, added tokens, special tokens of other names.
std::unique_ptr<Tokenizer> make_sentencepiece(const std::filesystem::path& directory,
                                              const TokenizerTexts& files);

}  // namespace rpp
