// Multi-head self-attention on packed sequences (Vaswani et al., arXiv:1706.03762, equation 1).
#pragma once

#include <torch/types.h>

#include <cstdint>

#include "rpp/ops/sequence_layout.h"

namespace rpp {

// qkv is [tokens, 3 * hidden], each row query | key | value, each of those head after head; fp32 or bf16.
// Every token attends to the tokens of its own sequence; probabilities are dropped with the given rate.
// Returns [tokens, hidden] in the dtype of qkv. Softmax and sums are fp32.
//
// The CPU path keeps one number per (token, head) for the backward pass and computes the probabilities again
// (as Dao et al., arXiv:2205.14135). Mask: attention_index of dropout_mask.h.
torch::Tensor varlen_attention(const torch::Tensor& qkv, const SequenceLayout& layout, int64_t num_heads,
                               double dropout_rate, uint64_t dropout_seed);

}  // namespace rpp
