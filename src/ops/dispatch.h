// From tensors to typed pointers for the kernels.
#pragma once

#include "ops/kernels.h"
#include "ops/torch.h"
#include "rpp/error.h"

#ifdef RPP_CUDA
#include <c10/cuda/CUDAGuard.h>
#include <c10/cuda/CUDAStream.h>
#endif

#ifndef INTRA_OP_PARALLEL
#error "at::parallel_for would run on one thread: compile with the OpenMP that Torch was built with"
#endif

namespace rpp {

#ifdef RPP_CUDA
constexpr bool kHasCudaKernels = true;
#else
constexpr bool kHasCudaKernels = false;
#endif

// Whether an op uses plain ATen calls.
inline bool is_composite(const torch::Tensor& tensor) {
  return (tensor.is_cuda() && !kHasCudaKernels) || kernels_in_use() == Kernels::reference;
}

// Calls body(float{}) or, for bf16, body(uint16_t{}).
template <typename Body>
void dispatch_float(const torch::Tensor& tensor, const Body& body) {
  if (tensor.scalar_type() == torch::kFloat32) return body(float{});
  if (tensor.scalar_type() == torch::kBFloat16) return body(uint16_t{});
  fail("this operation takes fp32 or bf16 tensors, not {}", torch::toString(tensor.scalar_type()));
}

// Runs an op on the device of `on`: loop() on a CPU; queue(stream) on a GPU, which launches kernels and
// returns their cudaError_t. A build without CUDA does not instantiate `queue`, which must be a generic
// lambda.
template <typename Loop, typename Queue>
void run_kernel([[maybe_unused]] const torch::Tensor& on, const Loop& loop,
                [[maybe_unused]] const Queue& queue) {
#ifdef RPP_CUDA
  if (on.is_cuda()) {
    const c10::cuda::CUDAGuard guard(on.device());
    const int error = queue(c10::cuda::getCurrentCUDAStream(on.device().index()).stream());
    RPP_CHECK(error == 0, "a kernel could not start on {}: cudaError_t {}", on.device().str(), error);
    return;
  }
#endif
  loop();
}

// run_kernel whose loop is body(begin, end) on parts of [0, size), at least `grain` per thread.
template <typename Body, typename Queue>
void run_split(const torch::Tensor& on, int64_t size, int64_t grain, const Body& body, const Queue& queue) {
  run_kernel(
      on, [&] { at::parallel_for(0, size, grain, body); }, queue);
}

// For tensors that are contiguous, or read row by row; nullptr for an undefined tensor.
template <typename T>
const T* input(const torch::Tensor& tensor) {
  return tensor.defined() ? static_cast<const T*>(tensor.const_data_ptr()) : nullptr;
}
template <typename T>
T* output(const torch::Tensor& tensor) {
  return tensor.defined() ? static_cast<T*>(tensor.mutable_data_ptr()) : nullptr;
}

constexpr int64_t kElementGrain = 1 << 14;

// The minimum number of rows of `columns` elements per thread.
inline int64_t row_grain(int64_t columns) {
  return std::max<int64_t>(1, kElementGrain / std::max<int64_t>(1, columns));
}

}  // namespace rpp
