// Tensors whose rows may lie apart from each other.
#pragma once

#include <torch/types.h>

#include "dispatch.h"
#include "rows.h"

namespace rpp {

// Below this rows stay end to end: products with few columns gain nothing.
constexpr int64_t kMinAlignedColumns = 1024;
constexpr int64_t kAlignment = 8;  // bf16 elements in 16 bytes

// Uninitialised [rows, columns] bf16. The rows of wide ones begin at multiples of 16 bytes, which the fast
// products of a GPU ask for: BERT's vocabulary of 30,522 is no multiple of 8.
inline torch::Tensor empty_bf16_rows(int64_t rows, int64_t columns, const torch::Device& device) {
  const int64_t stride =
      columns < kMinAlignedColumns ? columns : (columns + kAlignment - 1) / kAlignment * kAlignment;
  return at::empty_strided({rows, columns}, {stride, 1}, torch::dtype(torch::kBFloat16).device(device));
}

// The matrix itself where each row is one span of memory and none overlap, else a contiguous copy.
inline torch::Tensor with_plain_rows(const torch::Tensor& matrix) {
  return matrix.stride(1) == 1 && matrix.stride(0) >= matrix.size(1) ? matrix : matrix.contiguous();
}

template <typename T>
Rows<const T> input_rows(const torch::Tensor& matrix) {
  return {input<T>(matrix), matrix.size(0), matrix.size(1), matrix.stride(0)};
}
template <typename T>
Rows<T> output_rows(const torch::Tensor& matrix) {
  return {output<T>(matrix), matrix.size(0), matrix.size(1), matrix.stride(0)};
}

}  // namespace rpp
