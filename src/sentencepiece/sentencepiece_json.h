// Converts a sentencepiece model to the files that transformers reads without sentencepiece installed:
// tokenizer.json (the format of the tokenizers library) and tokenizer_config.json.
#pragma once

#include <string>

#include "sentencepiece_model.h"
#include "tokenizer/normalized_text.h"

namespace sentencepiece {
class SentencePieceProcessor;
}

namespace rpp {

struct SpecialSpellings {
  std::string pad, unk, cls, sep, mask;
  bool two_separators = false;  // as in SpecialTokens
  bool is_camembert = false;
};

// `model` is what `processor` has loaded, of type unigram or bpe; `rules` come before it.
std::string tokenizer_json(const SentencePieceModel& model, const TextRules& rules,
                           const sentencepiece::SentencePieceProcessor& processor,
                           const SpecialSpellings& special);
// AlbertTokenizer makes its own rules of the file's switches, whatever tokenizer.json says.
std::string tokenizer_config_json(const TextRules& rules, const SpecialSpellings& special);

}  // namespace rpp
