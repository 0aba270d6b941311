// Attention of one sequence and one head. T is float, or uint16_t for bf16 bits.
#pragma once

#include <cstdint>
#include <optional>

#include "ops/dropout_mask.h"

namespace rpp {

// A packed batch: qkv [tokens, qkv_size], out [tokens, context_size]. A row of qkv has the queries head by
// head, then the keys, then the values.
struct AttentionShape {
  int64_t num_heads = 0;
  int64_t query_key_dim = 0;  // per head
  int64_t value_dim = 0;
  float scale = 1.0F;  // of the scores
  DropoutRule dropout;

  int64_t query_size() const { return num_heads * query_key_dim; }
  int64_t context_size() const { return num_heads * value_dim; }
  int64_t qkv_size() const { return 2 * query_size() + context_size(); }
};

struct AttentionTask {
  int64_t head = 0;
  int64_t begin = 0;  // tokens [begin, end)
  int64_t end = 0;
};

template <typename T>
struct AttentionForward {
  const T* qkv = nullptr;
  T* out = nullptr;
  float* log_sum_exp = nullptr;  // [tokens, heads], of the scaled scores
};

template <typename T>
struct AttentionBackward {
  const T* qkv = nullptr;
  const T* dout = nullptr;
  const float* log_sum_exp = nullptr;
  T* dqkv = nullptr;
};

// Forward and backward kernels of one precision. Tasks may run concurrently, each with its own scratch of
// this many floats for a task over `length` tokens; its initial contents do not matter.
template <typename T>
struct AttentionKernels {
  int64_t (*scratch_size)(const AttentionShape& shape, int64_t length);
  void (*forward)(const AttentionShape& shape, const AttentionForward<T>& op, const AttentionTask& task,
                  float* scratch);
  void (*backward)(const AttentionShape& shape, const AttentionBackward<T>& op, const AttentionTask& task,
                   float* scratch);
};

// With fp32 matmuls, on any processor.
template <typename T>
AttentionKernels<T> attention_kernels();

// With bf16 matmuls and fp32 sums, if the processor supports them.
std::optional<AttentionKernels<uint16_t>> attention_dot_kernels();

}  // namespace rpp
