// exp, and the normal distribution's density and integral, as branch-free fp32 code that compilers vectorise
// inside loops. No Torch.
//
// These are functions of one element, so that CUDA kernels share them. The runtime's loops over Highway's
// vectors cannot: they have Highway's Exp, and Phi with the same coefficients.
#pragma once

#include <cmath>
#include <cstdint>
#include <cstring>

#include "core/normal_series.h"
#include "core/small_floats.h"

namespace rpp {

// Relative error below 2e-7 over [-87, 88]; arguments outside are clamped. NaN stays NaN.
RPP_ELEMENT float fast_exp(float x) {
  constexpr float kLog2E = 1.44269504088896341F;
  // ln 2 in two parts: the first has trailing zeros, so that multiplying it by a small integer is exact.
  constexpr float kLn2High = 0.693359375F;
  constexpr float kLn2Low = -2.12194440e-4F;
  const float below = x > 88.0F ? 88.0F : x;
  const float clamped = below < -87.0F ? -87.0F : below;
  const float scaled = clamped * kLog2E;
  // copysign instead of a comparison, which the compiler would merge with the clamps into branches.
  const int32_t exponent = static_cast<int32_t>(scaled + copysignf(0.5F, scaled));
  const float whole = static_cast<float>(exponent);
  const float r = (clamped - whole * kLn2High) - whole * kLn2Low;  // |r| <= ln(2) / 2
  // e^r as a Taylor series; the first omitted term is r^8 / 8! < 6e-9.
  float series = 1.0F / 5040.0F;
  series = series * r + 1.0F / 720.0F;
  series = series * r + 1.0F / 120.0F;
  series = series * r + 1.0F / 24.0F;
  series = series * r + 1.0F / 6.0F;
  series = series * r + 0.5F;
  series = series * r + 1.0F;
  series = series * r + 1.0F;
  const uint32_t power_bits = static_cast<uint32_t>(exponent + 127) << 23;
  float power;
  memcpy(&power, &power_bits, sizeof power);
  return series * power;
}

struct Normal {
  float density;     // phi(x)
  float cumulative;  // Phi(x) = (1 + erf(x / sqrt 2)) / 2
};

// 1 / the argument of the series below.
RPP_ELEMENT float normal_divisor(float x) {
  return 1.0F + normal_series::kDivisor * (fabsf(x) * normal_series::kInverseSqrt2);
}

// Takes gauss = e^(-x^2 / 2) and t = 1 / normal_divisor(x), which are computed differently per processor.
RPP_ELEMENT Normal normal_of(float x, float gauss, float t) {
  constexpr float kInverseSqrt2Pi = 0.39894228040143268F;
  float series = normal_series::kA5;
  series = series * t + normal_series::kA4;
  series = series * t + normal_series::kA3;
  series = series * t + normal_series::kA2;
  series = series * t + normal_series::kA1;
  const float upper_tail = 0.5F * series * t * gauss;  // 1 - Phi(|x|)
  return {gauss * kInverseSqrt2Pi, x < 0.0F ? upper_tail : 1.0F - upper_tail};
}

RPP_ELEMENT Normal fast_normal(float x) {
  return normal_of(x, fast_exp(-0.5F * x * x), 1.0F / normal_divisor(x));
}

}  // namespace rpp
