// Shared code of the plain-pointer loops: per-instruction-set clones, 16 floats at a time, bf16 in and out.
//
// GCC vectorises most loops by itself: they call functions of one element, which CUDA kernels share. Vec is
// for sums, which are added in the same order with every instruction set. Highway, which the runtime and
// small_gemm use, would need every such function a second time, for vectors; AdamW is slower with it
// (docs/performance.md).
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
// Half of the lanes: GCC 12 keeps a vector that is longer than a register in memory, and AVX2 has 8 floats.
typedef float HalfVec __attribute__((vector_size(kLanes / 2 * sizeof(float))));
struct Vec {
  HalfVec low = {}, high = {};
};

constexpr int64_t round_up_to_lanes(int64_t n) {
  return (n + kLanes - 1) / kLanes * kLanes;
}

RPP_INLINE Vec load_vec(const float* at) {
  Vec value;
  std::memcpy(&value.low, at, sizeof value.low);
  std::memcpy(&value.high, at + kLanes / 2, sizeof value.high);
  return value;
}

RPP_INLINE float lane_of(const Vec& lanes, int64_t lane) {
  return lane < kLanes / 2 ? lanes.low[lane] : lanes.high[lane - kLanes / 2];
}

RPP_INLINE float sum_of_lanes(const Vec& lanes) {
  float sum = 0.0F;
  for (int64_t l = 0; l < kLanes; ++l) sum += lane_of(lanes, l);
  return sum;
}

// The order of additions depends only on n, so a result does not depend on threads.
RPP_INLINE float sum_of(const float* values, int64_t n) {
  Vec lanes;
  int64_t i = 0;
  for (; i + kLanes <= n; i += kLanes) {
    const Vec next = load_vec(values + i);
    lanes.low += next.low;
    lanes.high += next.high;
  }
  float rest = 0.0F;
  for (; i < n; ++i) rest += values[i];
  return sum_of_lanes(lanes) + rest;
}

RPP_INLINE float dot(const float* a, const float* b, int64_t n) {
  Vec lanes;
  int64_t i = 0;
  for (; i + kLanes <= n; i += kLanes) {
    const Vec of_a = load_vec(a + i), of_b = load_vec(b + i);
    lanes.low += of_a.low * of_b.low;
    lanes.high += of_a.high * of_b.high;
  }
  float rest = 0.0F;
  for (; i < n; ++i) rest += a[i] * b[i];
  return sum_of_lanes(lanes) + rest;
}

// n > 0. Ignores NaN: later arithmetic with the values propagates it.
RPP_INLINE float max_of(const float* values, int64_t n) {
  const HalfVec first = values[0] - HalfVec{};
  HalfVec low = first, high = first;
  int64_t i = 0;
  for (; i + kLanes <= n; i += kLanes) {
    const Vec next = load_vec(values + i);
    low = next.low > low ? next.low : low;
    high = next.high > high ? next.high : high;
  }
  low = high > low ? high : low;
  float largest = values[0];
  for (; i < n; ++i) largest = values[i] > largest ? values[i] : largest;
  for (int64_t l = 0; l < kLanes / 2; ++l) largest = low[l] > largest ? low[l] : largest;
  return largest;
}

}  // namespace rpp
