// Attention on GPUs through ATen's own flash kernels (Dao, arXiv:2307.08691).
#pragma once

#include <torch/types.h>

#include <cstdint>

#include "ops/attention.h"

namespace rpp {

// As varlen_attention. bf16 with equal head dimensions uses the flash kernels, other types and unequal
// dimensions the memory-efficient ones; both need multiples of 8, and composite::attention handles the rest.
// The kernels draw the dropout mask from `dropout_seed`: it differs from a CPU's. Results are deterministic.
torch::Tensor flash_attention(const torch::Tensor& qkv, const SequenceLayout& layout,
                              const AttentionHeads& heads, double dropout_rate,
                              const DropoutSeed& dropout_seed);

}  // namespace rpp
