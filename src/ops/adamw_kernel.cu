// The CUDA kernel: adamw_element over a grid-stride loop. No Torch header, so that nvcc takes seconds.
#include <cuda_runtime.h>

#include <algorithm>

#include "rpp/ops/adamw_kernel.h"

namespace rpp {
namespace {

constexpr int kThreads = 256;
// Enough blocks to fill every current GPU several times over; the loop strides over the rest.
constexpr int64_t kMaxBlocks = 132 * 32;

template <AdamWShrink kShrink>
__global__ void adamw_kernel(AdamWStep step, AdamWSpan span) {
  constexpr bool kUsesAlpha = kShrink == AdamWShrink::prox || kShrink == AdamWShrink::preconditioned_prox;
  const int64_t stride = static_cast<int64_t>(gridDim.x) * blockDim.x;
  for (int64_t i = static_cast<int64_t>(blockIdx.x) * blockDim.x + threadIdx.x; i < span.size; i += stride) {
    const uint8_t kept = kShrink == AdamWShrink::mask ? span.keep[i] : uint8_t{1};
    const float weight = kUsesAlpha ? span.alpha[i] : 0.0F;
    const AdamWElement old = {span.values[i], span.exp_avg[i], span.exp_avg_sq[i]};
    const AdamWElement next = adamw_element<kShrink>(step, old, span.grads[i], kept, weight);
    span.values[i] = next.value;
    span.exp_avg[i] = next.exp_avg;
    span.exp_avg_sq[i] = next.exp_avg_sq;
    if (span.working != nullptr) span.working[i] = bf16_bits(next.value);
  }
}

}  // namespace

int adamw_cuda(const AdamWStep& step, const AdamWSpan& span, void* stream) {
  if (span.size == 0) return cudaSuccess;
  const int64_t blocks = std::min(kMaxBlocks, (span.size + kThreads - 1) / kThreads);
  const dim3 grid(static_cast<unsigned>(blocks));
  const auto queue = static_cast<cudaStream_t>(stream);
  switch (step.shrink) {
    case AdamWShrink::none:
      adamw_kernel<AdamWShrink::none><<<grid, kThreads, 0, queue>>>(step, span);
      break;
    case AdamWShrink::mask:
      adamw_kernel<AdamWShrink::mask><<<grid, kThreads, 0, queue>>>(step, span);
      break;
    case AdamWShrink::prox:
      adamw_kernel<AdamWShrink::prox><<<grid, kThreads, 0, queue>>>(step, span);
      break;
    case AdamWShrink::preconditioned_prox:
      adamw_kernel<AdamWShrink::preconditioned_prox><<<grid, kThreads, 0, queue>>>(step, span);
      break;
  }
  return cudaGetLastError();
}

}  // namespace rpp
