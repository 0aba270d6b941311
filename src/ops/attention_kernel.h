// Attention of one sequence and one head. T is float, or uint16_t for bf16 bits.
#pragma once

#include <cstdint>

#include "rpp/ops/dropout_mask.h"

namespace rpp {

// A packed batch: qkv [tokens, qkv_size], out [tokens, context_size]. A row of qkv holds the queries head
// after head, then the keys, then the values.
struct AttentionShape {
  int64_t num_heads = 0;
  int64_t query_key_dim = 0;  // of a head
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

// Floats that a task over `length` tokens needs as scratch, for either direction.
int64_t attention_scratch_size(const AttentionShape& shape, int64_t length);

void attention_forward(const AttentionShape& shape, const AttentionForward<float>& op,
                       const AttentionTask& task, float* scratch);
void attention_forward(const AttentionShape& shape, const AttentionForward<uint16_t>& op,
                       const AttentionTask& task, float* scratch);
void attention_backward(const AttentionShape& shape, const AttentionBackward<float>& op,
                        const AttentionTask& task, float* scratch);
void attention_backward(const AttentionShape& shape, const AttentionBackward<uint16_t>& op,
                        const AttentionTask& task, float* scratch);

}  // namespace rpp
