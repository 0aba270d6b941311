// The head's rows are unpacked to fp32, padded to whole vectors; everything then stays in the caches.

#include "attention_kernel.h"

#include <cmath>

#include "dropout_values.h"
#include "head_columns.h"
#include "ops/vector_math.h"
#include "simd.h"
#include "small_gemm.h"

namespace rpp {
namespace {

// The length of a task, and the allocation of its scratch.
class Workspace {
 public:
  RPP_INLINE Workspace(int64_t tokens, float* scratch)
      : length(tokens), padded_length(round_up_to_lanes(tokens)), next_(scratch) {}

  RPP_INLINE PaddedMatrix by_dim(int64_t dim) {
    return take(length, round_up_to_lanes(dim));
  }                                                                            // [length, dim]
  RPP_INLINE PaddedMatrix by_length() { return take(length, padded_length); }  // [length, length]
  RPP_INLINE PaddedMatrix transposed(int64_t dim) { return take(dim, padded_length); }
  RPP_INLINE PaddedMatrix one_row() { return take(1, padded_length); }

  const int64_t length, padded_length;

 private:
  RPP_INLINE PaddedMatrix take(int64_t rows, int64_t stride) {
    const PaddedMatrix matrix = {next_, stride};
    next_ += rows * stride;
    return matrix;
  }

  float* next_;
};

RPP_INLINE GemmA plain(const PaddedMatrix& matrix) {
  return {matrix.values, matrix.stride, 1};
}
RPP_INLINE GemmA transpose(const PaddedMatrix& matrix) {
  return {matrix.values, 1, matrix.stride};
}

template <typename T>
RPP_INLINE void unpack(const Columns<T>& from, float factor, const Workspace& space, const PaddedMatrix& to) {
  for (int64_t row = 0; row < space.length; ++row) {
    const T* __restrict source = from.first + row * from.stride;
    float* __restrict target = to.values + row * to.stride;
    for (int64_t i = 0; i < from.dim; ++i) target[i] = to_float(source[i]) * factor;
    for (int64_t i = from.dim; i < to.stride; ++i) target[i] = 0.0F;
  }
}

template <typename T>
RPP_INLINE void unpack_transposed(const Columns<T>& from, const Workspace& space, const PaddedMatrix& to) {
  for (int64_t i = 0; i < from.dim; ++i) {
    float* __restrict target = to.values + i * to.stride;
    for (int64_t row = 0; row < space.length; ++row)
      target[row] = to_float(from.first[row * from.stride + i]);
    for (int64_t row = space.length; row < space.padded_length; ++row) target[row] = 0.0F;
  }
}

template <typename T>
RPP_INLINE void pack(const PaddedMatrix& from, float factor, const Workspace& space, const Columns<T>& to) {
  for (int64_t row = 0; row < space.length; ++row) {
    const float* __restrict source = from.values + row * from.stride;
    T* __restrict target = to.first + row * to.stride;
    for (int64_t i = 0; i < to.dim; ++i) store(target + i, source[i] * factor);
  }
}

// Converts a row of scores to probabilities and returns the log-sum-exp.
RPP_INLINE float softmax_row(float* __restrict row, const Workspace& space) {
  const float largest = max_of(row, space.length);
  for (int64_t j = 0; j < space.padded_length; ++j) row[j] = fast_exp(row[j] - largest);
  for (int64_t j = space.length; j < space.padded_length; ++j) row[j] = 0.0F;
  const float sum = sum_of(row, space.padded_length);
  const float inverse = 1.0F / sum;
  for (int64_t j = 0; j < space.padded_length; ++j) row[j] *= inverse;
  return largest + std::log(sum);
}

RPP_INLINE void draw_factors_into(float* __restrict factors, const DropoutRule& rule, uint64_t first,
                                  int64_t n) {
  for (int64_t j = 0; j < n; ++j) factors[j] = 1.0F;
  drop_values(factors, rule, first, n);
}

template <typename T>
RPP_INLINE void forward_task(const AttentionShape& shape, const AttentionForward<T>& op,
                             const AttentionTask& task, float* scratch) {
  Workspace space(task.end - task.begin, scratch);
  const auto columns = columns_of(shape, task, op.qkv);
  const auto q = space.by_dim(shape.query_key_dim);
  const auto v = space.by_dim(shape.value_dim), context = space.by_dim(shape.value_dim);
  const auto k_transposed = space.transposed(shape.query_key_dim);
  const auto probs = space.by_length();
  unpack(columns.query, shape.scale, space, q);
  unpack_transposed(columns.key, space, k_transposed);
  unpack(columns.value, 1.0F, space, v);
  small_gemm(plain(q), k_transposed, probs, space.length, space.padded_length, shape.query_key_dim);
  for (int64_t i = 0; i < space.length; ++i) {
    float* __restrict row = probs.values + i * probs.stride;
    const int64_t token = task.begin + i;
    op.log_sum_exp[token * shape.num_heads + task.head] = softmax_row(row, space);
    if (!shape.dropout.active()) continue;
    drop_values(row, shape.dropout, attention_index(token, task.head, shape.num_heads, 0),
                space.padded_length);
  }
  small_gemm(plain(probs), v, context, space.length, context.stride, space.length);
  pack(context, 1.0F, space, context_columns(shape, task, op.out));
}

// With P the probabilities, F the dropout factors and G = dO V^T:
//   dV = (P F)^T dO,   dS = P (F G - rowsum(P F G)),   dQ = dS K scale,   dK = dS^T (Q scale).
// Writes P to `probs`, P F to `dropped` and replaces G in `grad` with dS.
template <typename T>
RPP_INLINE void probability_rows(const AttentionShape& shape, const AttentionBackward<T>& op,
                                 const AttentionTask& task, const Workspace& space, const PaddedMatrix& probs,
                                 const PaddedMatrix& dropped, const PaddedMatrix& grad,
                                 float* __restrict factors) {
  for (int64_t j = 0; j < space.padded_length; ++j) factors[j] = 1.0F;
  for (int64_t i = 0; i < space.length; ++i) {
    const int64_t token = task.begin + i;
    const float log_sum_exp = op.log_sum_exp[token * shape.num_heads + task.head];
    float* __restrict p = probs.values + i * probs.stride;
    float* __restrict pf = dropped.values + i * dropped.stride;
    float* __restrict g = grad.values + i * grad.stride;
    if (shape.dropout.active()) {
      draw_factors_into(factors, shape.dropout, attention_index(token, task.head, shape.num_heads, 0),
                        space.padded_length);
    }
    for (int64_t j = 0; j < space.padded_length; ++j) {
      p[j] = fast_exp(p[j] - log_sum_exp);
      pf[j] = p[j] * factors[j];
    }
    for (int64_t j = space.length; j < space.padded_length; ++j) p[j] = pf[j] = 0.0F;
    const float total = dot(pf, g, space.padded_length);
    for (int64_t j = 0; j < space.padded_length; ++j) g[j] = pf[j] * g[j] - p[j] * total;
  }
}

template <typename T>
RPP_INLINE void backward_task(const AttentionShape& shape, const AttentionBackward<T>& op,
                              const AttentionTask& task, float* scratch) {
  Workspace space(task.end - task.begin, scratch);
  const int64_t n = space.length;
  const auto columns = columns_of(shape, task, op.qkv);
  const auto gradients = columns_of(shape, task, op.dqkv);
  const auto q = space.by_dim(shape.query_key_dim), k = space.by_dim(shape.query_key_dim);
  const auto query_key_grad = space.by_dim(shape.query_key_dim);
  const auto dout = space.by_dim(shape.value_dim), value_grad = space.by_dim(shape.value_dim);
  const auto k_transposed = space.transposed(shape.query_key_dim);
  const auto v_transposed = space.transposed(shape.value_dim);
  const auto probs = space.by_length(), dropped = space.by_length(), grad = space.by_length();
  const auto factors = space.one_row();
  unpack(columns.query, shape.scale, space, q);
  unpack(columns.key, 1.0F, space, k);
  unpack_transposed(columns.key, space, k_transposed);
  unpack_transposed(columns.value, space, v_transposed);
  unpack(context_columns(shape, task, op.dout), 1.0F, space, dout);
  small_gemm(plain(q), k_transposed, probs, n, space.padded_length, shape.query_key_dim);
  small_gemm(plain(dout), v_transposed, grad, n, space.padded_length, shape.value_dim);
  probability_rows(shape, op, task, space, probs, dropped, grad, factors.values);
  small_gemm(plain(grad), k, query_key_grad, n, query_key_grad.stride, n);
  pack(query_key_grad, shape.scale, space, gradients.query);
  small_gemm(transpose(grad), q, query_key_grad, n, query_key_grad.stride, n);
  pack(query_key_grad, 1.0F, space, gradients.key);
  small_gemm(transpose(dropped), dout, value_grad, n, value_grad.stride, n);
  pack(value_grad, 1.0F, space, gradients.value);
}

int64_t scratch_size(const AttentionShape& shape, int64_t length) {
  const int64_t padded_length = round_up_to_lanes(length);
  const int64_t by_dim = 3 * round_up_to_lanes(shape.query_key_dim) + 2 * round_up_to_lanes(shape.value_dim);
  const int64_t transposed = shape.query_key_dim + shape.value_dim;
  return length * by_dim + (transposed + 3 * length + 1) * padded_length;
}

RPP_CLONES void forward(const AttentionShape& shape, const AttentionForward<float>& op,
                        const AttentionTask& task, float* scratch) {
  forward_task(shape, op, task, scratch);
}
RPP_CLONES void forward_bf16(const AttentionShape& shape, const AttentionForward<uint16_t>& op,
                             const AttentionTask& task, float* scratch) {
  forward_task(shape, op, task, scratch);
}
RPP_CLONES void backward(const AttentionShape& shape, const AttentionBackward<float>& op,
                         const AttentionTask& task, float* scratch) {
  backward_task(shape, op, task, scratch);
}
RPP_CLONES void backward_bf16(const AttentionShape& shape, const AttentionBackward<uint16_t>& op,
                              const AttentionTask& task, float* scratch) {
  backward_task(shape, op, task, scratch);
}

}  // namespace

template <>
AttentionKernels<float> attention_kernels() {
  return {scratch_size, forward, backward};
}
template <>
AttentionKernels<uint16_t> attention_kernels() {
  return {scratch_size, forward_bf16, backward_bf16};
}

}  // namespace rpp
