// Sparse W x on a tile: each value is broadcast and multiplied with the tile's row of its column.
//
// A full tile is bound by the loads of x, one per multiplication. In a partial one the latency of the
// additions dominates, hidden by summing several rows at once. A row's own values are added one by one, in
// column order, as in dense_matmul: both kernels give the same bits, so the choice between them changes no
// answer.
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
constexpr int64_t kSparseSums = kHas32Registers ? 16 : 8;  // vectors of sums in registers
// Rows of a tile are 256 bytes apart, so short ones use at most half of an L1 cache's sets: for this many
// groups a panel's rows are first copied to be contiguous.
constexpr int64_t kShortGroups = 2;
constexpr int64_t kShortRun = 28;  // pairs; below, full tiles are faster with two rows at a time than four
constexpr int64_t kSparseGroups = kGroupVectors <= 2 ? 4 : 2;  // at most 8 vectors of AVX2 or NEON

// The values of a row in a panel and their sums.
struct SparseRow {
  const float* values = nullptr;
  const uint8_t* columns = nullptr;
  float* y = nullptr;  // [64]
};

template <int64_t kRows, int64_t kGroups, int64_t kStride>
HWY_INLINE void add_sparse_rows(const SparseRow* rows, int64_t num_values, const float* x) {
  constexpr int64_t kVectors = kGroups * kGroupVectors;
  const Floats d;
  hn::Vec<Floats> sums[kRows][kVectors];
  const float* values[kRows];
  const uint8_t* columns[kRows];
#pragma GCC unroll 8
  for (int64_t r = 0; r < kRows; ++r) {
    values[r] = rows[r].values;
    columns[r] = rows[r].columns;
#pragma GCC unroll 8
    for (int64_t v = 0; v < kVectors; ++v) sums[r][v] = hn::Load(d, rows[r].y + v * kLanes);
  }
  const float* ahead = values[0] + kValuesAhead;
  for (int64_t i = 0; i < num_values; i += 2, ahead += 2 * kRows) {
    hwy::Prefetch(ahead);
#pragma GCC unroll 2
    for (int64_t odd = 0; odd < 2; ++odd) {
#pragma GCC unroll 8
      for (int64_t r = 0; r < kRows; ++r) {
        const auto value = hn::Set(d, values[r][i + odd]);
        const float* x_row = x + columns[r][i + odd] * kStride;
#pragma GCC unroll 8
        for (int64_t v = 0; v < kVectors; ++v) {
          sums[r][v] = hn::MulAdd(value, hn::Load(d, x_row + v * kLanes), sums[r][v]);
        }
      }
    }
  }
#pragma GCC unroll 8
  for (int64_t r = 0; r < kRows; ++r) {
#pragma GCC unroll 8
    for (int64_t v = 0; v < kVectors; ++v) hn::Store(sums[r][v], d, rows[r].y + v * kLanes);
  }
}

// kRows runs, the longest first: the pairs that all runs have together, then the rest of each.
template <int64_t kRows, int64_t kGroups, int64_t kStride>
HWY_INLINE void add_sparse_runs(const SparseMatrix::Run* runs, const float*& values, const uint8_t*& columns,
                                const float* x, float* y) {
  SparseRow rows[kRows];
  for (int64_t r = 0; r < kRows; ++r) {
    rows[r] = {.values = values, .columns = columns, .y = y + runs[r].row * kTileTokens};
    values += 2 * runs[r].num_pairs, columns += 2 * runs[r].num_pairs;
  }
  const int64_t shared = 2 * runs[kRows - 1].num_pairs;
  add_sparse_rows<kRows, kGroups, kStride>(rows, shared, x);
  for (int64_t r = 0; r < kRows - 1 && 2 * runs[r].num_pairs > shared; ++r) {
    const SparseRow rest = {rows[r].values + shared, rows[r].columns + shared, rows[r].y};
    add_sparse_rows<1, kGroups, kStride>(&rest, 2 * runs[r].num_pairs - shared, x);
  }
}

// The runs of a panel and their values.
struct SparsePanel {
  const SparseMatrix::Run* runs = nullptr;
  const SparseMatrix::Run* end = nullptr;
  const float* values = nullptr;
  const uint8_t* columns = nullptr;
};

template <int64_t kRows, int64_t kGroups, int64_t kStride>
void add_sparse_panel(SparsePanel panel, const float* x, float* y) {
  const SparseMatrix::Run* run = panel.runs;
  for (; panel.end - run >= kRows; run += kRows) {
    add_sparse_runs<kRows, kGroups, kStride>(run, panel.values, panel.columns, x, y);
  }
  for (; run != panel.end; ++run) {
    add_sparse_runs<1, kGroups, kStride>(run, panel.values, panel.columns, x, y);
  }
}

template <int64_t kGroups, int64_t kStride>
void sparse_panel(const SparseMatrix& weights, const SparseMatrix::Panel& panel, const float* x, float* y) {
  constexpr int64_t kRows = HWY_MAX(1, HWY_MIN(4, kSparseSums / (kGroups * kGroupVectors)));
  const SparseMatrix::Run* runs = weights.runs.data() + panel.first_run;
  const SparsePanel whole = {.runs = runs,
                             .end = runs + panel.num_runs,
                             .values = weights.values.data() + panel.first_value,
                             .columns = weights.columns.data() + panel.first_value};
  const bool short_runs = panel.num_runs > 0 && runs[panel.num_runs / 2].num_pairs < kShortRun;
  if (kRows > 2 && kGroups > kShortGroups && short_runs) {
    return add_sparse_panel<2, kGroups, kStride>(whole, x, y);
  }
  add_sparse_panel<kRows, kGroups, kStride>(whole, x, y);
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
