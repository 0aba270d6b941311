// Token ids of texts, collected for one pass of a Session.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "rpp/session.h"

namespace rpp {

struct TextBatch {
  std::vector<int32_t> input_ids, token_type_ids, cu_seqlens = {0};  // as in TokenBatch

  TokenBatch view() const {
    return {.input_ids = input_ids, .token_type_ids = token_type_ids, .cu_seqlens = cu_seqlens};
  }
  int64_t num_sequences() const { return static_cast<int64_t>(cu_seqlens.size()) - 1; }
  int64_t longest() const;  // tokens of the longest sequence

  // Drops tokens that a failed call left after the last sequence; they would become part of the next one.
  void begin_sequence();
  // Ends a sequence: the tokens after the last one become the next; returns their number. Throws Error for
  // more than 2^31 - 1 tokens in all.
  int64_t end_sequence();
  // A batch of the tokens after the last sequence, which this one loses.
  TextBatch take_unfinished();
  void clear();
};

// The texts of one call: cleared when the call ends, also by an exception, so that the next call starts
// empty.
template <typename Collected>
class ClearedAtEnd {
 public:
  explicit ClearedAtEnd(Collected& collected) : collected_(collected) {}
  ~ClearedAtEnd() { collected_.clear(); }
  ClearedAtEnd(const ClearedAtEnd&) = delete;
  ClearedAtEnd& operator=(const ClearedAtEnd&) = delete;

 private:
  Collected& collected_;
};

// Tokens per pass, which bounds a session's memory for any number of texts.
constexpr int64_t kPassTokens = 4096;

// Calls body(first, batch) for the sequences of `texts` in order, in batches of kPassTokens or of one longer
// sequence; `first` is the index of the batch's first sequence.
template <typename Body>
void for_each_pass(const TextBatch& texts, const Body& body) {
  const std::span<const int32_t> bounds = texts.cu_seqlens, ids = texts.input_ids,
                                 types = texts.token_type_ids;
  std::vector<int32_t> of_pass;
  for (size_t first = 0, end = 0; first + 1 < bounds.size(); first = end) {
    const int32_t begin = bounds[first];
    of_pass = {0};
    for (end = first; end + 1 < bounds.size(); ++end) {
      if (end > first && bounds[end + 1] - begin > kPassTokens) break;
      of_pass.push_back(bounds[end + 1] - begin);
    }
    const auto tokens = static_cast<size_t>(of_pass.back()), at = static_cast<size_t>(begin);
    body(first, TokenBatch{.input_ids = ids.subspan(at, tokens),
                           .token_type_ids = types.empty() ? types : types.subspan(at, tokens),
                           .cu_seqlens = of_pass});
  }
}

}  // namespace rpp
