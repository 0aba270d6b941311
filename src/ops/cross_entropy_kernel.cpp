#include "cross_entropy_kernel.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "core/ignored_label.h"
#include "ops/vector_math.h"
#include "simd.h"

namespace rpp {
namespace {

// Whether no other logit is larger, and none before it is equal.
RPP_INLINE bool is_first_largest(const float* row, int64_t label, float largest) {
  if (row[label] != largest) return false;
  for (int64_t i = 0; i < label; ++i) {
    if (row[i] == largest) return false;
  }
  return true;
}

template <typename T>
RPP_INLINE void forward_row(const CrossEntropyForward<T>& op, int64_t index, float* __restrict row) {
  const T* __restrict logits = op.logits + index * op.stride;
  const int64_t label = op.labels[index];
  if (label == kIgnoredLabel) {
    op.is_correct[index] = 0;
    op.log_sum_exp[index] = op.loss[index] = 0.0F;
    return;
  }
  for (int64_t i = 0; i < op.classes; ++i) row[i] = to_float(logits[i]);
  const float label_logit = row[label];
  const float largest = max_of(row, op.classes);
  op.is_correct[index] = is_first_largest(row, label, largest) ? 1 : 0;
  for (int64_t i = 0; i < op.classes; ++i) row[i] = fast_exp(row[i] - largest);
  op.log_sum_exp[index] = largest + std::log(sum_of(row, op.classes));
  op.loss[index] = op.log_sum_exp[index] - label_logit;
}

template <typename T>
RPP_INLINE void forward_rows(const CrossEntropyForward<T>& op, int64_t begin, int64_t end) {
  std::vector<float> row(static_cast<size_t>(op.classes));
  for (int64_t index = begin; index < end; ++index) forward_row(op, index, row.data());
}

template <typename T>
RPP_INLINE void backward_row(const CrossEntropyBackward<T>& op, int64_t index) {
  const int64_t first = index * op.stride;
  const float scale = *op.scale;
  const float log_sum_exp = op.log_sum_exp[index];
  const T* __restrict logits = op.logits + first;
  T* __restrict dlogits = op.dlogits + first;
  const int64_t label = op.labels[index];
  if (label == kIgnoredLabel) {
    std::fill_n(dlogits, op.classes, T{});
    return;
  }
  for (int64_t i = 0; i < op.classes; ++i) {
    store(dlogits + i, scale * fast_exp(to_float(logits[i]) - log_sum_exp));
  }
  store(dlogits + label, scale * (fast_exp(to_float(logits[label]) - log_sum_exp) - 1.0F));
}

template <typename T>
RPP_INLINE void backward_rows(const CrossEntropyBackward<T>& op, int64_t begin, int64_t end) {
  for (int64_t index = begin; index < end; ++index) backward_row(op, index);
}

}  // namespace

RPP_CLONES void cross_entropy_forward(const CrossEntropyForward<float>& op, int64_t begin, int64_t end) {
  forward_rows(op, begin, end);
}
RPP_CLONES void cross_entropy_forward(const CrossEntropyForward<uint16_t>& op, int64_t begin, int64_t end) {
  forward_rows(op, begin, end);
}
RPP_CLONES void cross_entropy_backward(const CrossEntropyBackward<float>& op, int64_t begin, int64_t end) {
  backward_rows(op, begin, end);
}
RPP_CLONES void cross_entropy_backward(const CrossEntropyBackward<uint16_t>& op, int64_t begin, int64_t end) {
  backward_rows(op, begin, end);
}

}  // namespace rpp
