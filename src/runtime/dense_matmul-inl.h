// Dense W x on a tile: sums for a block of rows and a few vectors of tokens stay in registers over the depth.
#include "hwy/cache_control.h"
#include "hwy/highway.h"
#include "matrix.h"

#if defined(RPP_INFER_DENSE_MATMUL_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef RPP_INFER_DENSE_MATMUL_INL_H_
#undef RPP_INFER_DENSE_MATMUL_INL_H_
#else
#define RPP_INFER_DENSE_MATMUL_INL_H_
#endif

HWY_BEFORE_NAMESPACE();
namespace rpp {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

using Floats = HWY_CAPPED(float, kGroupTokens);
constexpr int64_t kLanes = HWY_LANES(float) < kGroupTokens ? HWY_LANES(float) : kGroupTokens;
constexpr int64_t kGroupVectors = kGroupTokens / kLanes;
constexpr bool kHas32Registers = HWY_TARGET == HWY_AVX3 || HWY_TARGET == HWY_NEON;

// The numbers of groups and rows for which the sums and operands fit the registers.
constexpr int64_t kDenseGroups = kHas32Registers && kGroupVectors == 1 ? 4 : 1;
constexpr int64_t kDenseRows = kHas32Registers || kGroupVectors <= 2 ? 6 : 2;

template <int64_t kRows, int64_t kGroups>
HWY_INLINE void dense_block(const DenseView& weights, int64_t row, const float* bias, const float* x,
                            float* y) {
  constexpr int64_t kVectors = kGroups * kGroupVectors;
  const Floats d;
  hn::Vec<Floats> sums[kRows][kVectors];
#pragma GCC unroll 8
  for (int64_t r = 0; r < kRows; ++r) {
#pragma GCC unroll 8
    for (int64_t v = 0; v < kVectors; ++v) sums[r][v] = hn::Set(d, bias == nullptr ? 0.0F : bias[row + r]);
  }
  const float* w = weights.values + row * weights.row_stride;
  // Prefetches the next rows: each row is too short for the processor to detect the sequential access.
  const float* next = w + kRows * weights.row_stride;
  for (int64_t k = 0; k < weights.depth; ++k, w += weights.depth_stride, x += kTileTokens) {
    hwy::Prefetch(next + k * kRows);
    hn::Vec<Floats> tokens[kVectors];
#pragma GCC unroll 8
    for (int64_t v = 0; v < kVectors; ++v) tokens[v] = hn::Load(d, x + v * kLanes);
#pragma GCC unroll 8
    for (int64_t r = 0; r < kRows; ++r) {
      const auto weight = hn::Set(d, w[r * weights.row_stride]);
#pragma GCC unroll 8
      for (int64_t v = 0; v < kVectors; ++v) sums[r][v] = hn::MulAdd(weight, tokens[v], sums[r][v]);
    }
  }
#pragma GCC unroll 8
  for (int64_t r = 0; r < kRows; ++r) {
#pragma GCC unroll 8
    for (int64_t v = 0; v < kVectors; ++v) {
      hn::Store(sums[r][v], d, y + (row + r) * kTileTokens + v * kLanes);
    }
  }
}

// All groups for these rows, before the next rows are read.
template <int64_t kRows>
void dense_rows(const DenseView& weights, int64_t row, const float* bias, const float* x, float* y,
                int64_t groups) {
  while (groups > 0) {
    const int64_t now = HWY_MIN(groups, kDenseGroups);
    if constexpr (kDenseGroups > 1) {
      if (now == 4) dense_block<kRows, 4>(weights, row, bias, x, y);
      if (now == 3) dense_block<kRows, 3>(weights, row, bias, x, y);
      if (now == 2) dense_block<kRows, 2>(weights, row, bias, x, y);
    }
    if (now == 1) dense_block<kRows, 1>(weights, row, bias, x, y);
    groups -= now, x += now * kGroupTokens, y += now * kGroupTokens;
  }
}

void dense_matmul(const DenseView& weights, const float* bias, const float* x, float* y, int64_t groups) {
  int64_t row = 0;
  for (; row + kDenseRows <= weights.rows; row += kDenseRows) {
    dense_rows<kDenseRows>(weights, row, bias, x, y, groups);
  }
  for (; row + 2 <= weights.rows; row += 2) dense_rows<2>(weights, row, bias, x, y, groups);
  for (; row < weights.rows; ++row) dense_rows<1>(weights, row, bias, x, y, groups);
}

}  // namespace HWY_NAMESPACE
}  // namespace rpp
HWY_AFTER_NAMESPACE();

#endif
