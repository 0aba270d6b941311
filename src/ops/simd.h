// Shared code of the plain-pointer loops: per-instruction-set clones, 16 floats at a time, bf16 in and out.
//
// GCC vectorises most loops by itself: they call functions of one element, which CUDA kernels share. Vec is
// for sums, which are added in the same order with every instruction set. Highway, which the runtime uses,
// would need every such function a second time, for vectors; AdamW is slower with it (docs/performance.md).
#pragma once

#include <cstdint>
#include <cstring>

#include "any_float.h"

// The resolver of a cloned function runs before a sanitizer is initialised.
#if defined(__x86_64__) && !defined(__SANITIZE_ADDRESS__)
#define RPP_CLONES __attribute__((target_clones("default", "arch=x86-64-v3", "arch=x86-64-v4")))
#else
#define RPP_CLONES
#endif
#define RPP_INLINE __attribute__((always_inline)) inline
// Before a loop whose arrays do not overlap: GCC vectorises no loop for which it would have to compare many.
#ifdef __clang__
#define RPP_NO_OVERLAP _Pragma("clang loop vectorize(assume_safety)")
#else
#define RPP_NO_OVERLAP _Pragma("GCC ivdep")
#endif
// Every function that takes or returns a Vec is inlined, so calling conventions do not matter.
#pragma GCC diagnostic ignored "-Wpsabi"

namespace rpp {

constexpr int64_t kLanes = 16;
// A register with AVX-512. Without, GCC 12 keeps it in memory, and sums are slow (docs/performance.md).
typedef float Vec __attribute__((vector_size(kLanes * sizeof(float))));

constexpr int64_t round_up_to_lanes(int64_t n) {
  return (n + kLanes - 1) / kLanes * kLanes;
}

RPP_INLINE Vec load_vec(const float* at) {
  Vec value;
  std::memcpy(&value, at, sizeof value);
  return value;
}
RPP_INLINE void store_vec(float* at, const Vec& value) {
  std::memcpy(at, &value, sizeof value);
}

RPP_INLINE float sum_of_lanes(const Vec& lanes) {
  float sum = 0.0F;
  for (int64_t l = 0; l < kLanes; ++l) sum += lanes[l];
  return sum;
}

// The order of additions depends only on n, so a result does not depend on threads.
RPP_INLINE float sum_of(const float* values, int64_t n) {
  Vec lanes = {};
  int64_t i = 0;
  for (; i + kLanes <= n; i += kLanes) lanes += load_vec(values + i);
  float rest = 0.0F;
  for (; i < n; ++i) rest += values[i];
  return sum_of_lanes(lanes) + rest;
}

RPP_INLINE float dot(const float* a, const float* b, int64_t n) {
  Vec lanes = {};
  int64_t i = 0;
  for (; i + kLanes <= n; i += kLanes) lanes += load_vec(a + i) * load_vec(b + i);
  float rest = 0.0F;
  for (; i < n; ++i) rest += a[i] * b[i];
  return sum_of_lanes(lanes) + rest;
}

// n > 0. Ignores NaN: later arithmetic with the values propagates it.
RPP_INLINE float max_of(const float* values, int64_t n) {
  Vec lanes = values[0] - Vec{};
  int64_t i = 0;
  for (; i + kLanes <= n; i += kLanes) {
    const Vec next = load_vec(values + i);
    lanes = next > lanes ? next : lanes;
  }
  float largest = values[0];
  for (; i < n; ++i) largest = values[i] > largest ? values[i] : largest;
  for (int64_t l = 0; l < kLanes; ++l) largest = lanes[l] > largest ? lanes[l] : largest;
  return largest;
}

}  // namespace rpp
