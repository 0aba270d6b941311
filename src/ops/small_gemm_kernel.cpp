// Four rows of C by four vectors stay in registers over the whole inner dimension.
#include "small_gemm.h"

#include "simd.h"

namespace rpp {
namespace {

template <int kRows, int kVecs>
RPP_INLINE void gemm_block(const GemmA& a, const float* b, int64_t b_stride, float* c, int64_t c_stride,
                           int64_t inner) {
  Vec sums[kRows][kVecs] = {};
  for (int64_t k = 0; k < inner; ++k) {
    const float* b_row = b + k * b_stride;
    for (int v = 0; v < kVecs; ++v) {
      const Vec b_vec = load_vec(b_row + v * kLanes);
      for (int r = 0; r < kRows; ++r) {
        sums[r][v] += b_vec * a.values[r * a.row_stride + k * a.column_stride];
      }
    }
  }
  for (int r = 0; r < kRows; ++r) {
    for (int v = 0; v < kVecs; ++v) store_vec(c + r * c_stride + v * kLanes, sums[r][v]);
  }
}

template <int kRows>
RPP_INLINE void gemm_rows(const GemmA& a, const PaddedMatrix& b, float* c, int64_t c_stride, int64_t columns,
                          int64_t inner) {
  int64_t column = 0;
  for (; column + 4 * kLanes <= columns; column += 4 * kLanes) {
    gemm_block<kRows, 4>(a, b.values + column, b.stride, c + column, c_stride, inner);
  }
  for (; column + 2 * kLanes <= columns; column += 2 * kLanes) {
    gemm_block<kRows, 2>(a, b.values + column, b.stride, c + column, c_stride, inner);
  }
  for (; column < columns; column += kLanes) {
    gemm_block<kRows, 1>(a, b.values + column, b.stride, c + column, c_stride, inner);
  }
}

}  // namespace

RPP_CLONES void small_gemm(const GemmA& a, const PaddedMatrix& b, const PaddedMatrix& c, int64_t rows,
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

}  // namespace rpp
