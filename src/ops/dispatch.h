// From tensors to the typed pointers of the kernels.
#pragma once

#include <torch/torch.h>

#include "rpp/core/error.h"
#include "rpp/ops/kernels.h"

namespace rpp {

// Whether an op goes through plain ATen calls.
inline bool is_composite(const torch::Tensor& tensor) {
  return tensor.is_cuda() || kernels_in_use() == Kernels::reference;
}

// Calls body(float{}) or, for bf16, body(uint16_t{}).
template <typename Body>
void dispatch_float(const torch::Tensor& tensor, const Body& body) {
  if (tensor.scalar_type() == torch::kFloat32) return body(float{});
  if (tensor.scalar_type() == torch::kBFloat16) return body(uint16_t{});
  fail("this operation takes fp32 or bf16 tensors, not {}", torch::toString(tensor.scalar_type()));
}

// For contiguous tensors; nullptr for an undefined one.
template <typename T>
const T* input(const torch::Tensor& tensor) {
  return tensor.defined() ? static_cast<const T*>(tensor.const_data_ptr()) : nullptr;
}
template <typename T>
T* output(const torch::Tensor& tensor) {
  return tensor.defined() ? static_cast<T*>(tensor.mutable_data_ptr()) : nullptr;
}

constexpr int64_t kElementGrain = 1 << 14;

// Rows of `columns` elements that are worth a thread.
inline int64_t row_grain(int64_t columns) {
  return std::max<int64_t>(1, kElementGrain / std::max<int64_t>(1, columns));
}

}  // namespace rpp
