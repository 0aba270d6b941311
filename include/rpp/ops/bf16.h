// bfloat16 as its 16 bits, for plain-pointer loops and CUDA kernels: no Torch, C++17.
#pragma once

#include <cstdint>
#include <cstring>

#ifdef __CUDACC__
#define RPP_ELEMENT __host__ __device__ inline
#else
#define RPP_ELEMENT __attribute__((always_inline)) inline
#endif

namespace rpp {

// Rounds to nearest, ties to even; any NaN becomes the quiet one.
RPP_ELEMENT uint16_t bf16_bits(float value) {
  uint32_t bits;
  memcpy(&bits, &value, sizeof bits);
  const uint32_t rounded = (bits + 0x7FFFU + ((bits >> 16) & 1U)) >> 16;
  return static_cast<uint16_t>(value != value ? 0x7FC0U : rounded);
}

RPP_ELEMENT float bf16_value(uint16_t bf16) {
  const uint32_t bits = static_cast<uint32_t>(bf16) << 16;
  float value;
  memcpy(&value, &bits, sizeof value);
  return value;
}

}  // namespace rpp
