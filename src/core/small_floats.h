// bfloat16 and IEEE half as their 16 bits, for plain-pointer loops and CUDA kernels: no Torch.
#pragma once

#include <cstdint>
#include <cstring>

#ifdef __CUDACC__
#define RPP_ELEMENT __host__ __device__ inline
#else
#define RPP_ELEMENT __attribute__((always_inline)) inline
#endif

namespace rpp {

// Rounds to nearest, ties to even; any NaN becomes the quiet NaN.
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

// Rounds to nearest, ties to even; values beyond 65504 after rounding become infinity.
inline uint16_t fp16_bits(float value) {
  uint32_t bits;
  memcpy(&bits, &value, sizeof bits);
  const uint32_t sign = (bits >> 16) & 0x8000U;
  const uint32_t magnitude = bits & 0x7FFFFFFFU;
  if (magnitude > 0x7F800000U) return static_cast<uint16_t>(sign | 0x7E00U);   // NaN
  if (magnitude >= 0x477FF000U) return static_cast<uint16_t>(sign | 0x7C00U);  // 65520 and above
  if (magnitude >= 0x38800000U) {                                              // 2^-14: normal in 16 bits
    const uint32_t rounded = magnitude + 0x0FFFU + ((magnitude >> 13) & 1U);
    return static_cast<uint16_t>(sign | ((rounded - 0x38000000U) >> 13));
  }
  // Floats in [0.5, 1) are 2^-24 apart, like half's denormals: the addition rounds correctly.
  float shifted;
  memcpy(&shifted, &magnitude, sizeof shifted);
  shifted += 0.5F;
  uint32_t units;
  memcpy(&units, &shifted, sizeof units);
  return static_cast<uint16_t>(sign | (units - 0x3F000000U));
}

inline float fp16_value(uint16_t fp16) {
  const uint32_t exponent = (fp16 >> 10) & 0x1FU, fraction = fp16 & 0x3FFU;
  const float sign = (fp16 & 0x8000U) ? -1.0F : 1.0F;
  if (exponent == 0) return sign * static_cast<float>(fraction) * 0x1.0p-24F;
  const uint32_t bits = (static_cast<uint32_t>(fp16 & 0x8000U) << 16) |
                        (exponent == 0x1FU ? 0x7F800000U : (exponent + 112U) << 23) | (fraction << 13);
  float value;
  memcpy(&value, &bits, sizeof value);
  return value;
}

}  // namespace rpp
