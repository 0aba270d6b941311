// Tests the emulation itself: its results, and that code which would hang or fail on a GPU fails here.
#include <gtest/gtest.h>

#include <numeric>
#include <string>

#include "ops/cuda_launch.h"

namespace rpp::test {
namespace {

std::string fault_of(void (*kernel)(int*), int* out, int threads) {
  try {
    launch(kernel, {.blocks = {1}, .threads = threads}, nullptr, out);
  } catch (const std::logic_error& error) {
    return error.what();
  }
  return "none";
}

void number_threads(int* out) {
  const unsigned thread = (blockIdx.y * gridDim.x + blockIdx.x) * blockDim.x + threadIdx.x;
  out[thread] = static_cast<int>(thread);
}

TEST(CudaEmulation, EveryThreadOfEveryBlockRunsOnce) {
  std::vector<int> out(2 * 3 * 64, -1), wanted(out.size());
  std::iota(wanted.begin(), wanted.end(), 0);
  EXPECT_EQ(launch(number_threads, {.blocks = {2, 3}, .threads = 64}, nullptr, out.data()), cudaSuccess);
  EXPECT_EQ(out, wanted);
}

void reverse_in_shared_memory(int* out) {
  int* values = static_cast<int*>(dynamic_shared_memory());
  values[threadIdx.x] = static_cast<int>(threadIdx.x);
  __syncthreads();
  out[threadIdx.x] = values[blockDim.x - 1 - threadIdx.x];
}

TEST(CudaEmulation, BarriersMakeSharedMemoryVisible) {
  std::vector<int> out(96), wanted(96);
  std::iota(wanted.rbegin(), wanted.rend(), 0);
  launch(reverse_in_shared_memory, {.blocks = {1}, .threads = 96, .shared_bytes = 96 * sizeof(int)}, nullptr,
         out.data());
  EXPECT_EQ(out, wanted);
}

void sum_of_warp(int* out) {
  int sum = static_cast<int>(threadIdx.x);
  for (int step = 16; step > 0; step /= 2) sum += __shfl_xor_sync(0xFFFFFFFFU, sum, step);
  out[threadIdx.x] = sum;
}

TEST(CudaEmulation, ShufflesExchangeWithinAWarp) {
  std::vector<int> out(64), wanted(64, 31 * 32 / 2);
  std::fill(wanted.begin() + 32, wanted.end(), 31 * 32 / 2 + 32 * 32);
  launch(sum_of_warp, {.blocks = {1}, .threads = 64}, nullptr, out.data());
  EXPECT_EQ(out, wanted);
}

void barrier_in_a_branch(int* /*out*/) {
  if (threadIdx.x < 40) __syncthreads();
}

TEST(CudaEmulation, ABarrierThatNotAllThreadsReachIsAFault) {
  EXPECT_EQ(fault_of(barrier_in_a_branch, nullptr, 64),
            "thread 0 of block 0,0 waits for ever at __syncthreads: 40 of 64 threads have come");
}

void shuffle_in_a_branch(int* out) {
  if (threadIdx.x % 2 == 0) out[0] = __shfl_xor_sync(0xFFFFFFFFU, 1, 2);
}

TEST(CudaEmulation, AShuffleWithMissingLanesIsAFault) {
  int out = 0;
  EXPECT_EQ(fault_of(shuffle_in_a_branch, &out, 32),
            "thread 0 of block 0,0 waits for ever at __shfl_xor_sync: 16 of 32 threads have come");
  EXPECT_EQ(fault_of(sum_of_warp, &out, 31),
            "thread 0 of block 0,0 calls __shfl_xor_sync for less than a whole warp");
}

void different_barriers(int* out) {
  if (threadIdx.x % 2 == 0) {
    __syncwarp();
  } else {
    out[0] = __shfl_xor_sync(0xFFFFFFFFU, 1, 2);
  }
}

TEST(CudaEmulation, TwoKindsOfBarrierInOneWarpAreAFault) {
  int out = 0;
  EXPECT_EQ(fault_of(different_barriers, &out, 32),
            "thread 1 of block 0,0 waits at __shfl_xor_sync, another of its warp at __syncwarp");
}

TEST(CudaEmulation, AnImpossibleLaunchReturnsItsError) {
  EXPECT_EQ(launch(number_threads, {.blocks = {0}, .threads = 64}, nullptr, static_cast<int*>(nullptr)),
            cudaErrorInvalidConfiguration);
  EXPECT_EQ(launch(number_threads, {.blocks = {1}, .threads = 64, .shared_bytes = 64 << 10}, nullptr,
                   static_cast<int*>(nullptr)),
            cudaErrorInvalidConfiguration);
}

}  // namespace
}  // namespace rpp::test
