// Emulates the part of CUDA that the kernels use on a CPU, so that machines without a GPU can test them: .cu
// files are compiled as C++ with this header in place of CUDA's own.
// Blocks run one after another. The threads of a block are fibers that run until they wait for each other, in
// ascending order in even blocks and in descending order in odd ones, so that a missing barrier shows. A
// barrier that not all threads reach throws instead of hanging. Not emulated: time, memory models, and races
// that the fixed order hides.
#pragma once

#include <cassert>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>
#include <vector>

#define __global__
#define __device__
#define __host__
#define __forceinline__ __attribute__((always_inline)) inline
#define __launch_bounds__(...)
#define __shared__ static  // shared by the threads of the one running block

struct dim3 {
  unsigned x = 1, y = 1, z = 1;
};
using cudaStream_t = void*;
enum cudaError_t { cudaSuccess = 0, cudaErrorInvalidValue = 1, cudaErrorInvalidConfiguration = 9 };

struct cudaLaunchConfig_t {
  dim3 gridDim, blockDim;
  size_t dynamicSmemBytes = 0;
  cudaStream_t stream = nullptr;
  void* attrs = nullptr;
  unsigned numAttrs = 0;
};

extern dim3 threadIdx, blockIdx, blockDim, gridDim;  // of the running fiber

namespace cuda_emulation {

// Runs `thread` for every thread of every block. Throws std::logic_error on a deadlock.
cudaError_t run(const cudaLaunchConfig_t& config, const std::function<void()>& thread);

// The launches since the last call.
std::vector<cudaLaunchConfig_t> take_launches();

// Dynamic shared memory of the block, filled with NaN at the start.
void* shared_memory();

void wait_for_block();
// Waits for all 32 threads of the warp, which must all pass the same `purpose`.
void wait_for_warp(unsigned mask, const char* purpose);
// 4 bytes that each lane of the warp publishes to the others.
uint32_t exchange(unsigned mask, uint32_t bits, unsigned from_lane, const char* purpose);

inline unsigned lane() {
  return threadIdx.x % 32;
}

}  // namespace cuda_emulation

template <typename... Parameters, typename... Arguments>
cudaError_t cudaLaunchKernelEx(const cudaLaunchConfig_t* config, void (*kernel)(Parameters...),
                               Arguments&&... arguments) {
  return cuda_emulation::run(*config, [&] { kernel(arguments...); });
}

inline void __syncthreads() {
  cuda_emulation::wait_for_block();
}

inline void __syncwarp(unsigned mask = 0xFFFFFFFFU) {
  cuda_emulation::wait_for_warp(mask, "__syncwarp");
}

template <typename T>
T __shfl_xor_sync(unsigned mask, T value, int lane_mask) {
  static_assert(sizeof(T) == sizeof(uint32_t));
  uint32_t bits;
  std::memcpy(&bits, &value, sizeof bits);
  bits = cuda_emulation::exchange(mask, bits, cuda_emulation::lane() ^ static_cast<unsigned>(lane_mask),
                                  "__shfl_xor_sync");
  std::memcpy(&value, &bits, sizeof bits);
  return value;
}

inline float __expf(float x) {
  return std::exp(x);
}
inline float __fdividef(float a, float b) {
  return a / b;
}
