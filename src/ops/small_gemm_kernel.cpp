// Four rows of C by as many vectors as leave registers free stay in registers over the whole inner dimension.
// Each sum is added in the order of the inner dimension, whatever the instruction set.
#include "small_gemm.h"

#include "core/highway_targets.h"
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "ops/small_gemm_kernel.cpp"
#include "hwy/foreach_target.h"
// Must follow foreach_target.h.
#include "hwy/highway.h"
#include "simd.h"

HWY_BEFORE_NAMESPACE();
namespace rpp {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

using GemmFloats = HWY_CAPPED(float, kLanes);
constexpr int64_t kGemmLanes = HWY_LANES(float) < kLanes ? HWY_LANES(float) : kLanes;
constexpr int64_t kBlockVectors = kLanes / kGemmLanes;  // of 16 columns

template <int64_t kRows, int64_t kVectors>
HWY_INLINE void gemm_block(const GemmA& a, const float* b, int64_t b_stride, float* c, int64_t c_stride,
                           int64_t inner) {
  const GemmFloats d;
  hn::Vec<GemmFloats> sums[kRows][kVectors];
#pragma GCC unroll 4
  for (int64_t r = 0; r < kRows; ++r) {
#pragma GCC unroll 4
    for (int64_t v = 0; v < kVectors; ++v) sums[r][v] = hn::Zero(d);
  }
  const float* a_column = a.values;
  for (int64_t k = 0; k < inner; ++k, b += b_stride, a_column += a.column_stride) {
    hn::Vec<GemmFloats> columns[kVectors];
#pragma GCC unroll 4
    for (int64_t v = 0; v < kVectors; ++v) columns[v] = hn::LoadU(d, b + v * kGemmLanes);
#pragma GCC unroll 4
    for (int64_t r = 0; r < kRows; ++r) {
      const auto value = hn::Set(d, a_column[r * a.row_stride]);
#pragma GCC unroll 4
      for (int64_t v = 0; v < kVectors; ++v) sums[r][v] = hn::MulAdd(columns[v], value, sums[r][v]);
    }
  }
#pragma GCC unroll 4
  for (int64_t r = 0; r < kRows; ++r) {
#pragma GCC unroll 4
    for (int64_t v = 0; v < kVectors; ++v) hn::StoreU(sums[r][v], d, c + r * c_stride + v * kGemmLanes);
  }
}

template <int64_t kRows>
HWY_INLINE void gemm_rows(const GemmA& a, const PaddedMatrix& b, float* c, int64_t c_stride, int64_t columns,
                          int64_t inner) {
  int64_t column = 0;
  if constexpr (kBlockVectors == 1) {  // registers for 64 columns
    for (; column + 4 * kLanes <= columns; column += 4 * kLanes) {
      gemm_block<kRows, 4>(a, b.values + column, b.stride, c + column, c_stride, inner);
    }
  }
  for (; column < columns; column += kLanes) {
    gemm_block<kRows, kBlockVectors>(a, b.values + column, b.stride, c + column, c_stride, inner);
  }
}

void small_gemm_of_target(const GemmA& a, const PaddedMatrix& b, const PaddedMatrix& c, int64_t rows,
                          int64_t columns, int64_t inner) {
  int64_t row = 0;
  for (; row + 4 <= rows; row += 4) {
    const GemmA block = {a.values + row * a.row_stride, a.row_stride, a.column_stride};
    gemm_rows<4>(block, b, c.values + row * c.stride, c.stride, columns, inner);
  }
  for (; row < rows; ++row) {
    const GemmA block = {a.values + row * a.row_stride, a.row_stride, a.column_stride};
    gemm_rows<1>(block, b, c.values + row * c.stride, c.stride, columns, inner);
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace rpp
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace rpp {

HWY_EXPORT(small_gemm_of_target);

void small_gemm(const GemmA& a, const PaddedMatrix& b, const PaddedMatrix& c, int64_t rows, int64_t columns,
                int64_t inner) {
  HWY_DYNAMIC_DISPATCH(small_gemm_of_target)(a, b, c, rows, columns, inner);
}

}  // namespace rpp
#endif
