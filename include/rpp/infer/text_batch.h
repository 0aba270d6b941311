// Token ids of texts, collected for one pass of a Session.
#pragma once

#include <cstdint>
#include <vector>

#include "rpp/infer/session.h"

namespace rpp {

struct TextBatch {
  std::vector<int32_t> input_ids, token_type_ids, cu_seqlens = {0};  // as in TokenBatch

  TokenBatch view() const {
    return {.input_ids = input_ids, .token_type_ids = token_type_ids, .cu_seqlens = cu_seqlens};
  }
  int64_t num_sequences() const { return static_cast<int64_t>(cu_seqlens.size()) - 1; }
  int64_t longest() const;  // tokens of a sequence

  // What was put behind the last sequence is the next one; returns its number of tokens.
  int64_t end_sequence();
  void clear();
};

}  // namespace rpp
