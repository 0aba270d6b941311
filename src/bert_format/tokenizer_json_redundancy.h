// Whether a tokenizer.json may be left out beside a vocab.txt, which is a third of its size.
#pragma once

#include <optional>
#include <string_view>

namespace rpp {

struct VocabularyTexts {
  std::string_view vocab_txt, tokenizer_json;
  std::optional<std::string_view> tokenizer_config;
};

// True if vocab.txt and tokenizer_config.json make the same tokenizer: the class is BertTokenizer, for which
// a tokenizer.json holds only the vocabulary and added tokens, the case is said, and there are no tokens but
// the usual special ones. False in doubt.
bool is_redundant_tokenizer_json(const VocabularyTexts& texts);

}  // namespace rpp
