// Dropout with a mask that depends only on the seed and the element's index.
#pragma once

#include <torch/types.h>

#include "ops/dropout_seed.h"

namespace rpp {

// x * mask / (1 - rate), any shape, fp32 or bf16; x itself when rate is 0. 0 <= rate < 1. The mask is
// dropout_factor of dropout_mask.h, on a CPU and on a GPU.
torch::Tensor dropout(const torch::Tensor& x, double rate, const DropoutSeed& seed);
// Prevents a number from being converted to at::dropout's `train`.
inline torch::Tensor dropout(const torch::Tensor& x, double rate, uint64_t seed) {
  return dropout(x, rate, DropoutSeed(seed));
}

}  // namespace rpp
