// Launches and memory of the CUDA kernels. cuda_runtime.h may be the emulation for tests on a CPU
// (tests/cuda_emulation); the kernels do not depend on which.
#pragma once

#include <cuda_runtime.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "any_float.h"

namespace rpp {

// Blocks of a grid-stride loop: enough to fill every current GPU several times; the loop covers the rest.
constexpr int64_t kMaxBlocks = 132 * 32;
constexpr int kWarpSize = 32;
constexpr unsigned kAllLanes = 0xFFFFFFFFU;

constexpr int64_t divide_up(int64_t n, int64_t by) {
  return (n + by - 1) / by;
}

struct BlockCount {
  int64_t x = 1, y = 1;
};

struct Launch {
  BlockCount blocks;
  int threads = 0;
  size_t shared_bytes = 0;  // dynamic
};

template <typename... Parameters, typename... Arguments>
cudaError_t launch(void (*kernel)(Parameters...), const Launch& shape, void* stream, Arguments... arguments) {
  cudaLaunchConfig_t config = {};
  config.gridDim.x = static_cast<unsigned>(shape.blocks.x);
  config.gridDim.y = static_cast<unsigned>(shape.blocks.y);
  config.gridDim.z = 1;
  config.blockDim.x = static_cast<unsigned>(shape.threads);
  config.blockDim.y = config.blockDim.z = 1;
  config.dynamicSmemBytes = shape.shared_bytes;
  config.stream = static_cast<cudaStream_t>(stream);
  return cudaLaunchKernelEx(&config, kernel, static_cast<Parameters>(arguments)...);
}

// Blocks of a grid-stride loop over `work` items, one per thread.
inline Launch grid_stride(int64_t work, int threads) {
  return {.blocks = {std::clamp<int64_t>(divide_up(work, threads), 1, kMaxBlocks)}, .threads = threads};
}

__device__ inline int64_t first_item() {
  return static_cast<int64_t>(blockIdx.x) * blockDim.x + threadIdx.x;
}
__device__ inline int64_t item_stride() {
  return static_cast<int64_t>(gridDim.x) * blockDim.x;
}

// 16-byte aligned.
__device__ inline void* dynamic_shared_memory() {
#ifdef __CUDACC__
  extern __shared__ float4 memory[];
  return memory;
#else
  return cuda_emulation::shared_memory();
#endif
}

// The sum over the lanes of a warp, in every lane.
__device__ inline float warp_sum(float value) {
  for (int step = kWarpSize / 2; step > 0; step /= 2) value += __shfl_xor_sync(kAllLanes, value, step);
  return value;
}

// Neighbours that are read or written in as few instructions of up to 16 bytes as possible.
template <typename T, int kWidth>
struct alignas(sizeof(T) * kWidth < 16 ? sizeof(T) * kWidth : 16) Pack {
  T values[kWidth];
};

template <int kWidth, typename T>
__device__ inline Pack<T, kWidth> load_pack(const T* at) {
  return *reinterpret_cast<const Pack<T, kWidth>*>(at);
}
template <typename T, int kWidth>
__device__ inline void store_pack(T* at, const Pack<T, kWidth>& pack) {
  *reinterpret_cast<Pack<T, kWidth>*>(at) = pack;
}

template <typename T>
constexpr int kPackWidth = 16 / sizeof(T);

// The number of elements before the first aligned pack of kWidth elements.
template <int kWidth, typename T>
__host__ __device__ inline int64_t elements_to_boundary(const T* at) {
  const auto past = reinterpret_cast<uintptr_t>(at) / sizeof(T) % kWidth;
  return static_cast<int64_t>((kWidth - past) % kWidth);
}

}  // namespace rpp
