// One text or a pair of texts as the sequence of tokens that BERT reads.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "rpp/tokenizer.h"

namespace rpp {

inline constexpr int64_t kMinSequenceLength = 8;  // tokens: the least that anybody asks for

// Appends [CLS] text [SEP], or [CLS] text [SEP] pair [SEP], to `ids`, and to `type_ids` 0 up to the first
// [SEP], then 1. What is too long for max_tokens (at least 3) loses tokens at its end; of a pair the longer
// text alone while that is enough, then both to half (the odd token stays with the longer, or the second):
// "longest_first" of transformers' fast tokenizers. An empty second text of a pair stays one. Returns how
// many tokens were lost.
int64_t append_sequence(const Tokenizer& tokenizer, std::string_view text,
                        std::optional<std::string_view> pair, int64_t max_tokens, std::vector<int32_t>& ids,
                        std::vector<int32_t>& type_ids);

}  // namespace rpp
