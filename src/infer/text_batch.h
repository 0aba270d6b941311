// Sequences of texts, collected for one pass of a Session.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "rpp/infer/session.h"
#include "rpp/text/sequence.h"

namespace rpp {

struct TextBatch {
  std::vector<int32_t> ids, type_ids, cu_seqlens = {0};

  int64_t num_sequences() const { return static_cast<int64_t>(cu_seqlens.size()) - 1; }
  TokenBatch view() const { return {.input_ids = ids, .token_type_ids = type_ids, .cu_seqlens = cu_seqlens}; }

  // What was put behind the last sequence is the next one; returns its number of tokens.
  int64_t end_sequence() {
    cu_seqlens.push_back(static_cast<int32_t>(ids.size()));
    return cu_seqlens.back() - cu_seqlens[cu_seqlens.size() - 2];
  }
  void clear() {
    ids.clear();
    type_ids.clear();
    cu_seqlens.resize(1);
  }
};

}  // namespace rpp
