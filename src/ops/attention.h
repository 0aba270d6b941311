// Multi-head self-attention on packed sequences (Vaswani et al., arXiv:1706.03762, equation 1).
#pragma once

#include <torch/types.h>

#include <cstdint>

#include "ops/dropout_seed.h"
#include "ops/sequence_layout.h"

namespace rpp {

// The sizes of one layer's attention. A row of qkv is query | key | value, each the concatenation of its
// heads.
struct AttentionHeads {
  int64_t num_heads = 0;
  int64_t query_key_dim = 0;  // per head
  int64_t value_dim = 0;
  double scale = 1.0;  // of the scores

  int64_t query_size() const { return num_heads * query_key_dim; }
  int64_t context_size() const { return num_heads * value_dim; }
  int64_t qkv_size() const { return 2 * query_size() + context_size(); }
};

// The sizes of an ordinary BERT: hidden / num_heads for every dimension, scale 1 / sqrt of it.
AttentionHeads equal_heads(int64_t hidden, int64_t num_heads);

// qkv is [tokens, qkv_size], fp32 or bf16. Every token attends to the tokens of its own sequence;
// probabilities are dropped with the given rate. Returns [tokens, context_size] in the dtype of qkv. Softmax
// and sums use fp32.
//
// The CPU path keeps one number per (token, head) for the backward pass and recomputes the probabilities (as
// Dao et al., arXiv:2205.14135). Mask: attention_index of dropout_mask.h. CUDA uses ATen's flash kernels
// where supported, whose masks are a different function of the seed; with a seed in memory they draw from
// Torch's own generator of the device, which a CUDA graph reads at each replay.
//
// `bias`, [heads, max_seqlen, max_seqlen] in fp32, is added to the scaled scores of every sequence;
// undefined: none. With it the plain ATen calls of composite.h compute, on any device.
torch::Tensor varlen_attention(const torch::Tensor& qkv, const SequenceLayout& layout,
                               const AttentionHeads& heads, double dropout_rate,
                               const DropoutSeed& dropout_seed, const torch::Tensor& bias = {});

}  // namespace rpp
