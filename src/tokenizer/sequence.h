// One text or a pair of texts as BERT's input sequence.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "rpp/tokenizer.h"

namespace rpp {

inline constexpr int64_t kMinSequenceLength = 8;  // tokens: the smallest maximum that may be set

// Appends [CLS] text [SEP], or [CLS] text [SEP] pair [SEP], to `ids`, and to `type_ids` 0 up to the first
// [SEP], then 1; RoBERTa's form where SpecialTokens says so. Texts longer than max_tokens (at least 4) are
// truncated at the end; in a pair only the longer text until both are equal, then both to half (the odd token
// stays with the longer, or the second): "longest_first" of transformers' fast tokenizers. An empty second
// text of a pair is kept. Returns the number of tokens removed.
int64_t append_sequence(const Tokenizer& tokenizer, std::string_view text,
                        std::optional<std::string_view> pair, int64_t max_tokens, std::vector<int32_t>& ids,
                        std::vector<int32_t>& type_ids);

}  // namespace rpp
