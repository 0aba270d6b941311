// Tensors whose rows need not be contiguous.
#pragma once

#include <torch/types.h>

#include "dispatch.h"
#include "rows.h"

namespace rpp {

// Below this rows stay contiguous: matmuls with few columns gain nothing from alignment.
constexpr int64_t kMinAlignedColumns = 1024;
constexpr int64_t kAlignment = 8;  // bf16 elements in 16 bytes

// Uninitialised [rows, columns] bf16. Wide rows are aligned to 16 bytes, which the fast GEMMs of a GPU
// require: BERT's vocabulary of 30,522 is not a multiple of 8.
inline torch::Tensor empty_bf16_rows(int64_t rows, int64_t columns, const torch::Device& device) {
  const int64_t stride =
      columns < kMinAlignedColumns ? columns : (columns + kAlignment - 1) / kAlignment * kAlignment;
  return at::empty_strided({rows, columns}, {stride, 1}, torch::dtype(torch::kBFloat16).device(device));
}

// The matrix itself if each row is contiguous and none overlap, else a contiguous copy.
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
