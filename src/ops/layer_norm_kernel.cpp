// One row at a time through a row of fp32 scratch, which stays in the L1 cache.

#include "layer_norm_kernel.h"

#include <cmath>
#include <vector>

#include "dropout_values.h"
#include "simd.h"

namespace rpp {
namespace {

template <typename T>
RPP_INLINE void add_inputs_into(float* __restrict row, const LayerNormForward<T>& op, int64_t first) {
  const T* __restrict x = op.x + first;
  for (int64_t i = 0; i < op.hidden; ++i) row[i] = to_float(x[i]);
  if (op.dropout.active()) drop_values(row, op.dropout, static_cast<uint64_t>(first), op.hidden);
  if (op.residual == nullptr) return;
  const T* __restrict residual = op.residual + first;
  for (int64_t i = 0; i < op.hidden; ++i) row[i] += to_float(residual[i]);
}

template <typename T>
RPP_INLINE void forward_row(const LayerNormForward<T>& op, int64_t index, float* __restrict row) {
  const int64_t hidden = op.hidden;
  const int64_t first = index * hidden;
  add_inputs_into(row, op, first);
  if (op.sum != nullptr) {
    T* __restrict sum = op.sum + first;
    for (int64_t i = 0; i < hidden; ++i) store(sum + i, row[i]);
  }
  const float mean = sum_of(row, hidden) / static_cast<float>(hidden);
  for (int64_t i = 0; i < hidden; ++i) row[i] -= mean;
  const float variance = dot(row, row, hidden) / static_cast<float>(hidden);
  const float inverse = 1.0F / std::sqrt(variance + op.epsilon);
  const float* __restrict weight = op.weight;
  const float* __restrict bias = op.bias;
  T* __restrict y = op.y + first;
  for (int64_t i = 0; i < hidden; ++i) store(y + i, row[i] * inverse * weight[i] + bias[i]);
  op.mean[index] = mean;
  op.inverse[index] = inverse;
}

template <typename T>
RPP_INLINE void forward_rows(const LayerNormForward<T>& op, int64_t begin, int64_t end) {
  std::vector<float> row(static_cast<size_t>(op.hidden));
  for (int64_t index = begin; index < end; ++index) forward_row(op, index, row.data());
}

// With n = normalised row and g = dy * weight: dsum = (g - mean(g) - n * mean(g * n)) * inverse.
template <typename T>
RPP_INLINE void backward_row(const LayerNormBackward<T>& op, int64_t index, float* __restrict normalised,
                             float* __restrict grad, float* __restrict dweight, float* __restrict dbias) {
  const int64_t hidden = op.hidden;
  const int64_t first = index * hidden;
  const float mean = op.mean[index];
  const float inverse = op.inverse[index];
  const T* __restrict sum = op.sum + first;
  const T* __restrict dy = op.dy + first;
  const float* __restrict weight = op.weight;
  for (int64_t i = 0; i < hidden; ++i) {
    const float upstream = to_float(dy[i]);
    normalised[i] = (to_float(sum[i]) - mean) * inverse;
    dweight[i] += upstream * normalised[i];
    dbias[i] += upstream;
    grad[i] = upstream * weight[i];
  }
  const float grad_mean = sum_of(grad, hidden) / static_cast<float>(hidden);
  const float projection = dot(grad, normalised, hidden) / static_cast<float>(hidden);
  T* __restrict dsum = op.dsum + first;
  for (int64_t i = 0; i < hidden; ++i) {
    grad[i] = (grad[i] - grad_mean - normalised[i] * projection) * inverse;
    store(dsum + i, grad[i]);
  }
  if (op.dx == nullptr) return;
  drop_values(grad, op.dropout, static_cast<uint64_t>(first), hidden);
  T* __restrict dx = op.dx + first;
  for (int64_t i = 0; i < hidden; ++i) store(dx + i, grad[i]);
}

template <typename T>
RPP_INLINE void backward_rows(const LayerNormBackward<T>& op, int64_t begin, int64_t end, float* dweight,
                              float* dbias) {
  std::vector<float> scratch(static_cast<size_t>(2 * op.hidden));
  for (int64_t index = begin; index < end; ++index) {
    backward_row(op, index, scratch.data(), scratch.data() + op.hidden, dweight, dbias);
  }
}

}  // namespace

RPP_CLONES void layer_norm_forward(const LayerNormForward<float>& op, int64_t begin, int64_t end) {
  forward_rows(op, begin, end);
}
RPP_CLONES void layer_norm_forward(const LayerNormForward<uint16_t>& op, int64_t begin, int64_t end) {
  forward_rows(op, begin, end);
}
RPP_CLONES void layer_norm_backward(const LayerNormBackward<float>& op, int64_t begin, int64_t end,
                                    float* dweight, float* dbias) {
  backward_rows(op, begin, end, dweight, dbias);
}
RPP_CLONES void layer_norm_backward(const LayerNormBackward<uint16_t>& op, int64_t begin, int64_t end,
                                    float* dweight, float* dbias) {
  backward_rows(op, begin, end, dweight, dbias);
}

}  // namespace rpp
