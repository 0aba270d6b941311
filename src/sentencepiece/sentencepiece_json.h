// Converts a sentencepiece model to the files that transformers reads without sentencepiece installed:
// tokenizer.json (the format of the tokenizers library) and tokenizer_config.json.
#pragma once

#include <string>

#include "sentencepiece_model.h"

namespace sentencepiece {
class SentencePieceProcessor;
}

namespace rpp {

struct SpecialSpellings {
  std::string pad, unk, cls, sep, mask;
  bool two_separators = false;  // as in SpecialTokens
};

// `model` is what `processor` has loaded, of type unigram or bpe.
std::string tokenizer_json(const SentencePieceModel& model,
                           const sentencepiece::SentencePieceProcessor& processor,
                           const SpecialSpellings& special);
std::string tokenizer_config_json(const SpecialSpellings& special);

}  // namespace rpp
