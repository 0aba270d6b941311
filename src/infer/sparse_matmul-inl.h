// Sparse W x on a tile: each value is one broadcast, times the row of the tile that its column names.
//
// A full tile is bound by the loads of x, one for each product. In a short one the latency of the additions
// shows: two chains of sums, for the even and the odd values, halve it where there are registers for them.
#include "hwy/cache_control.h"
#include "hwy/highway.h"
#include "matrix.h"

#if defined(RPP_INFER_SPARSE_MATMUL_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef RPP_INFER_SPARSE_MATMUL_INL_H_
#undef RPP_INFER_SPARSE_MATMUL_INL_H_
#else
#define RPP_INFER_SPARSE_MATMUL_INL_H_
#endif

#include "dense_matmul-inl.h"

HWY_BEFORE_NAMESPACE();
namespace rpp {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

constexpr int64_t kValuesAhead = 512;  // prefetched: rows are too short for the processor's own prefetching
constexpr bool kTwoChains = kHas32Registers;
// Rows of a tile lie 256 bytes apart, which leaves short ones half of an L1 cache's places or fewer: with so
// many groups a panel's rows are copied side by side first.
constexpr int64_t kShortGroups = 2;
constexpr int64_t kSparseGroups = kGroupVectors <= 2 ? 4 : 2;  // at most 8 vectors of AVX2 or NEON

template <int64_t kGroups, int64_t kStride>
HWY_INLINE void sparse_row(const float* values, const uint8_t* columns, int64_t num_pairs, const float* x,
                           float* y) {
  constexpr int64_t kVectors = kGroups * kGroupVectors;
  const Floats d;
  hn::Vec<Floats> even[kVectors], odd[kVectors];
#pragma GCC unroll 8
  for (int64_t v = 0; v < kVectors; ++v) {
    even[v] = hn::Load(d, y + v * kLanes);
    if constexpr (kTwoChains) odd[v] = hn::Zero(d);
  }
  for (int64_t p = 0; p < num_pairs; ++p, values += 2, columns += 2) {
    hwy::Prefetch(values + kValuesAhead);
    const auto a = hn::Set(d, values[0]);
    const auto b = hn::Set(d, values[1]);
    const float* x_a = x + columns[0] * kStride;
    const float* x_b = x + columns[1] * kStride;
#pragma GCC unroll 8
    for (int64_t v = 0; v < kVectors; ++v) even[v] = hn::MulAdd(a, hn::Load(d, x_a + v * kLanes), even[v]);
    auto& second = kTwoChains ? odd : even;
#pragma GCC unroll 8
    for (int64_t v = 0; v < kVectors; ++v) {
      second[v] = hn::MulAdd(b, hn::Load(d, x_b + v * kLanes), second[v]);
    }
  }
#pragma GCC unroll 8
  for (int64_t v = 0; v < kVectors; ++v) {
    if constexpr (kTwoChains) even[v] = hn::Add(even[v], odd[v]);
    hn::Store(even[v], d, y + v * kLanes);
  }
}

template <int64_t kGroups, int64_t kStride>
void sparse_panel(const SparseMatrix& weights, const SparseMatrix::Panel& panel, const float* x, float* y) {
  const float* values = weights.values.data() + panel.first_value;
  const uint8_t* columns = weights.columns.data() + panel.first_value;
  const SparseMatrix::Run* run = weights.runs.data() + panel.first_run;
  for (const auto* end = run + panel.num_runs; run != end; ++run) {
    sparse_row<kGroups, kStride>(values, columns, run->num_pairs, x, y + run->row * kTileTokens);
    values += 2 * run->num_pairs, columns += 2 * run->num_pairs;
  }
}

template <int64_t kGroups>
void copy_short_rows(const float* x, int64_t cols, float* to) {
  const Floats d;
  for (int64_t col = 0; col < cols; ++col, x += kTileTokens, to += kGroups * kGroupTokens) {
#pragma GCC unroll 8
    for (int64_t v = 0; v < kGroups * kGroupVectors; ++v) {
      hn::Store(hn::Load(d, x + v * kLanes), d, to + v * kLanes);
    }
  }
}

template <int64_t kGroups>
void sparse_panels(const SparseMatrix& weights, int64_t block, const float* x, float* y) {
  const auto* panel = weights.panels.data() + block * weights.panels_per_block();
  for (int64_t first = 0; first < weights.cols; first += SparseMatrix::kPanelCols, ++panel) {
    const float* panel_x = x + first * kTileTokens;
    if constexpr (kGroups <= kShortGroups) {
      alignas(64) float short_x[SparseMatrix::kPanelCols * kGroups * kGroupTokens];
      copy_short_rows<kGroups>(panel_x, HWY_MIN(weights.cols - first, SparseMatrix::kPanelCols), short_x);
      sparse_panel<kGroups, kGroups * kGroupTokens>(weights, *panel, short_x, y);
    } else {
      sparse_panel<kGroups, kTileTokens>(weights, *panel, panel_x, y);
    }
  }
}

HWY_INLINE void fill_rows(const float* bias, int64_t rows, float* y, int64_t groups) {
  const Floats d;
  for (int64_t row = 0; row < rows; ++row) {
    const auto value = hn::Set(d, bias == nullptr ? 0.0F : bias[row]);
    for (int64_t v = 0; v < groups * kGroupVectors; ++v) {
      hn::Store(value, d, y + row * kTileTokens + v * kLanes);
    }
  }
}

void sparse_matmul(const SparseMatrix& weights, int64_t block, const float* bias, const float* x, float* y,
                   int64_t groups) {
  const int64_t rows_left = weights.rows - block * SparseMatrix::kBlockRows;
  fill_rows(bias, HWY_MIN(rows_left, SparseMatrix::kBlockRows), y, groups);
  while (groups > 0) {
    const int64_t now = groups < kSparseGroups ? groups : kSparseGroups;
    if constexpr (kSparseGroups > 2) {
      if (now == 4) sparse_panels<4>(weights, block, x, y);
      if (now == 3) sparse_panels<3>(weights, block, x, y);
    }
    if (now == 2) sparse_panels<2>(weights, block, x, y);
    if (now == 1) sparse_panels<1>(weights, block, x, y);
    groups -= now, x += now * kGroupTokens, y += now * kGroupTokens;
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace rpp
HWY_AFTER_NAMESPACE();

#endif
