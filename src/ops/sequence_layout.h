// The offsets of the sequences in a packed batch.
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <vector>

namespace rpp {

// Sequence s has the tokens [cu_seqlens[s], cu_seqlens[s + 1]). The host copy avoids a GPU synchronisation.
struct SequenceLayout {
  std::vector<int32_t> host_cu_seqlens;  // [sequences + 1]
  torch::Tensor cu_seqlens;              // [sequences + 1] int32, on the batch's device
  int64_t max_seqlen = 0;

  int64_t num_sequences() const { return static_cast<int64_t>(host_cu_seqlens.size()) - 1; }
};

}  // namespace rpp
