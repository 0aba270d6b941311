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

#include "products-inl.h"

HWY_BEFORE_NAMESPACE();
namespace rpp {
namespace HWY_NAMESPACE {

// The numbers of groups and rows for which the sums and operands fit the registers.
constexpr int64_t kDenseGroups = kHas32Registers && kGroupVectors == 1 ? 4 : 1;
constexpr int64_t kDenseRows = kHas32Registers || kGroupVectors <= 2 ? 6 : 2;

template <typename Products, int64_t kRows, int64_t kGroups>
HWY_INLINE void dense_block(const DenseOf<typename Products::Value>& weights, int64_t row,
                            const typename Products::Value* bias, const typename Products::Value* x,
                            typename Products::Value* y) {
  using Value = typename Products::Value;
  constexpr int64_t kVectors = kGroups * kGroupVectors;
  typename Products::Vector sums[kRows][kVectors];
#pragma GCC unroll 8
  for (int64_t r = 0; r < kRows; ++r) {
#pragma GCC unroll 8
    for (int64_t v = 0; v < kVectors; ++v)
      sums[r][v] = Products::set(bias == nullptr ? Value{0} : bias[row + r]);
  }
  const Value* w = weights.values + row * weights.row_stride;
  // Prefetches the next rows: each row is too short for the processor to detect the sequential access.
  const Value* next = w + kRows * weights.row_stride;
  for (int64_t k = 0; k < weights.depth; ++k, w += weights.depth_stride, x += kTileTokens) {
    hwy::Prefetch(next + k * kRows);
    typename Products::Vector tokens[kVectors];
#pragma GCC unroll 8
    for (int64_t v = 0; v < kVectors; ++v) tokens[v] = Products::load(x + v * kLanes);
#pragma GCC unroll 8
    for (int64_t r = 0; r < kRows; ++r) {
      const auto weight = Products::weight(w[r * weights.row_stride]);
#pragma GCC unroll 8
      for (int64_t v = 0; v < kVectors; ++v) {
        sums[r][v] = Products::add_product(weight, tokens[v], sums[r][v]);
      }
    }
  }
#pragma GCC unroll 8
  for (int64_t r = 0; r < kRows; ++r) {
#pragma GCC unroll 8
    for (int64_t v = 0; v < kVectors; ++v) {
      Products::store(sums[r][v], y + (row + r) * kTileTokens + v * kLanes);
    }
  }
}

// All groups for these rows, before the next rows are read.
template <typename Products, int64_t kRows>
void dense_rows(const DenseOf<typename Products::Value>& weights, int64_t row,
                const typename Products::Value* bias, const typename Products::Value* x,
                typename Products::Value* y, int64_t groups) {
  while (groups > 0) {
    const int64_t now = HWY_MIN(groups, kDenseGroups);
    if constexpr (kDenseGroups > 1) {
      if (now == 4) dense_block<Products, kRows, 4>(weights, row, bias, x, y);
      if (now == 3) dense_block<Products, kRows, 3>(weights, row, bias, x, y);
      if (now == 2) dense_block<Products, kRows, 2>(weights, row, bias, x, y);
    }
    if (now == 1) dense_block<Products, kRows, 1>(weights, row, bias, x, y);
    groups -= now, x += now * kGroupTokens, y += now * kGroupTokens;
  }
}

template <typename Products>
void dense_product(const DenseOf<typename Products::Value>& weights, const typename Products::Value* bias,
                   const typename Products::Value* x, typename Products::Value* y, int64_t groups) {
  int64_t row = 0;
  for (; row + kDenseRows <= weights.rows; row += kDenseRows) {
    dense_rows<Products, kDenseRows>(weights, row, bias, x, y, groups);
  }
  for (; row + 2 <= weights.rows; row += 2) dense_rows<Products, 2>(weights, row, bias, x, y, groups);
  for (; row < weights.rows; ++row) dense_rows<Products, 1>(weights, row, bias, x, y, groups);
}

void dense_matmul(const DenseView& weights, const float* bias, const float* x, float* y, int64_t groups) {
  dense_product<FloatProducts>(weights, bias, x, y, groups);
}

template <typename Products>
void dense_quads(const DenseQuads& weights, const Quad* x, int32_t* sums, int64_t groups) {
  dense_product<Products>(weights, nullptr, x, sums, groups);
}

}  // namespace HWY_NAMESPACE
}  // namespace rpp
HWY_AFTER_NAMESPACE();

#endif
