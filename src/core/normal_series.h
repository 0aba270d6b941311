// The coefficients of Phi, the integral of the normal distribution, that training (ops/vector_math.h) and the
// runtime (runtime/elementwise-inl.h) use for GELU.
//
// After Abramowitz & Stegun 7.1.26, whose absolute error for erf is 1.5e-7:
//   t = 1 / (1 + kDivisor |x| / sqrt(2)),   1 - Phi(|x|) = (kA1 t + kA2 t^2 + ... + kA5 t^5) e^(-x^2 / 2) / 2
// Scalars, because CUDA kernels cannot read constant arrays of the host. The formula itself is written twice:
// Highway's functions are compiled for one instruction set each, and GCC does not inline them into a template
// that all share.
#pragma once

namespace rpp::normal_series {

inline constexpr float kInverseSqrt2 = 0.70710678118654752F;
inline constexpr float kDivisor = 0.3275911F;
inline constexpr float kA1 = 0.254829592F;
inline constexpr float kA2 = -0.284496736F;
inline constexpr float kA3 = 1.421413741F;
inline constexpr float kA4 = -1.453152027F;
inline constexpr float kA5 = 1.061405429F;

}  // namespace rpp::normal_series
