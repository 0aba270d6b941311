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
template <typename Value>
struct SparseRow {
  const Value* values = nullptr;
  const uint8_t* columns = nullptr;
  Value* y = nullptr;  // [64]
};

template <typename Products, int64_t kRows, int64_t kGroups, int64_t kStride, typename Value>
HWY_INLINE void add_sparse_rows(const SparseRow<Value>* rows, int64_t num_values, const Value* x) {
  constexpr int64_t kVectors = kGroups * kGroupVectors;
  typename Products::Vector sums[kRows][kVectors];
  const Value* values[kRows];
  const uint8_t* columns[kRows];
#pragma GCC unroll 8
  for (int64_t r = 0; r < kRows; ++r) {
    values[r] = rows[r].values;
    columns[r] = rows[r].columns;
#pragma GCC unroll 8
    for (int64_t v = 0; v < kVectors; ++v) sums[r][v] = Products::load(rows[r].y + v * kLanes);
  }
  const Value* ahead = values[0] + kValuesAhead;
  for (int64_t i = 0; i < num_values; i += 2, ahead += 2 * kRows) {
    hwy::Prefetch(ahead);
#pragma GCC unroll 2
    for (int64_t odd = 0; odd < 2; ++odd) {
#pragma GCC unroll 8
      for (int64_t r = 0; r < kRows; ++r) {
        const auto value = Products::weight(values[r][i + odd]);
        const Value* x_row = x + columns[r][i + odd] * kStride;
#pragma GCC unroll 8
        for (int64_t v = 0; v < kVectors; ++v) {
          sums[r][v] = Products::add_product(value, Products::load(x_row + v * kLanes), sums[r][v]);
        }
      }
    }
  }
#pragma GCC unroll 8
  for (int64_t r = 0; r < kRows; ++r) {
#pragma GCC unroll 8
    for (int64_t v = 0; v < kVectors; ++v) Products::store(sums[r][v], rows[r].y + v * kLanes);
  }
}

// The runs of a panel and their values.
template <typename Value>
struct SparsePanel {
  const typename SparseOf<Value>::Run* runs = nullptr;
  const typename SparseOf<Value>::Run* end = nullptr;
  const Value* values = nullptr;
  const uint8_t* columns = nullptr;
};

// The panel's next kRows runs, the longest first: the pairs that all runs have together, then the rest of
// each.
template <typename Products, int64_t kRows, int64_t kGroups, int64_t kStride, typename Value>
HWY_INLINE void add_sparse_runs(SparsePanel<Value>& panel, const Value* x, Value* y) {
  SparseRow<Value> rows[kRows];
  const auto* runs = panel.runs;
  for (int64_t r = 0; r < kRows; ++r) {
    rows[r] = {.values = panel.values, .columns = panel.columns, .y = y + runs[r].row * kTileTokens};
    panel.values += 2 * runs[r].num_pairs, panel.columns += 2 * runs[r].num_pairs;
  }
  panel.runs += kRows;
  const int64_t shared = 2 * runs[kRows - 1].num_pairs;
  add_sparse_rows<Products, kRows, kGroups, kStride>(rows, shared, x);
  for (int64_t r = 0; r < kRows - 1 && 2 * runs[r].num_pairs > shared; ++r) {
    const SparseRow<Value> rest = {rows[r].values + shared, rows[r].columns + shared, rows[r].y};
    add_sparse_rows<Products, 1, kGroups, kStride>(&rest, 2 * runs[r].num_pairs - shared, x);
  }
}

template <typename Products, int64_t kRows, int64_t kGroups, int64_t kStride, typename Value>
void add_sparse_panel(SparsePanel<Value> panel, const Value* x, Value* y) {
  while (panel.end - panel.runs >= kRows) add_sparse_runs<Products, kRows, kGroups, kStride>(panel, x, y);
  while (panel.runs != panel.end) add_sparse_runs<Products, 1, kGroups, kStride>(panel, x, y);
}

template <typename Products, int64_t kGroups, int64_t kStride, typename Value>
void sparse_panel(const SparseOf<Value>& weights, const typename SparseOf<Value>::Panel& panel,
                  const Value* x, Value* y) {
  constexpr int64_t kRows = HWY_MAX(1, HWY_MIN(4, kSparseSums / (kGroups * kGroupVectors)));
  const auto* runs = weights.runs.data() + panel.first_run;
  const SparsePanel<Value> whole = {.runs = runs,
                                    .end = runs + panel.num_runs,
                                    .values = weights.values.data() + panel.first_value,
                                    .columns = weights.columns.data() + panel.first_value};
  const bool short_runs = panel.num_runs > 0 && runs[panel.num_runs / 2].num_pairs < kShortRun;
  if (kRows > 2 && kGroups > kShortGroups && short_runs) {
    return add_sparse_panel<Products, 2, kGroups, kStride>(whole, x, y);
  }
  add_sparse_panel<Products, kRows, kGroups, kStride>(whole, x, y);
}

template <typename Products, int64_t kGroups, typename Value>
void copy_short_rows(const Value* x, int64_t cols, Value* to) {
  for (int64_t col = 0; col < cols; ++col, x += kTileTokens, to += kGroups * kGroupTokens) {
#pragma GCC unroll 8
    for (int64_t v = 0; v < kGroups * kGroupVectors; ++v) {
      Products::store(Products::load(x + v * kLanes), to + v * kLanes);
    }
  }
}

template <typename Products, int64_t kGroups, typename Value>
void sparse_panels(const SparseOf<Value>& weights, int64_t block, const Value* x, Value* y) {
  constexpr int64_t kPanelCols = SparseOf<Value>::kPanelCols;
  const auto* panel = weights.panels.data() + block * weights.panels_per_block();
  for (int64_t first = 0; first < weights.cols; first += kPanelCols, ++panel) {
    const Value* panel_x = x + first * kTileTokens;
    if constexpr (kGroups <= kShortGroups) {
      alignas(64) Value short_x[kPanelCols * kGroups * kGroupTokens];
      copy_short_rows<Products, kGroups>(panel_x, HWY_MIN(weights.cols - first, kPanelCols), short_x);
      sparse_panel<Products, kGroups, kGroups * kGroupTokens>(weights, *panel, short_x, y);
    } else {
      sparse_panel<Products, kGroups, kTileTokens>(weights, *panel, panel_x, y);
    }
  }
}

template <typename Products, typename Value>
HWY_INLINE void fill_rows(const Value* bias, int64_t rows, Value* y, int64_t groups) {
  for (int64_t row = 0; row < rows; ++row) {
    const auto value = Products::set(bias == nullptr ? Value{0} : bias[row]);
    for (int64_t v = 0; v < groups * kGroupVectors; ++v) {
      Products::store(value, y + row * kTileTokens + v * kLanes);
    }
  }
}

template <typename Products, typename Value>
void sparse_product(const SparseOf<Value>& weights, int64_t block, const Value* bias, const Value* x,
                    Value* y, int64_t groups) {
  constexpr int64_t kBlockRows = SparseOf<Value>::kBlockRows;
  fill_rows<Products>(bias, HWY_MIN(weights.rows - block * kBlockRows, kBlockRows), y, groups);
  while (groups > 0) {
    const int64_t now = groups < kSparseGroups ? groups : kSparseGroups;
    if constexpr (kSparseGroups > 2) {
      if (now == 4) sparse_panels<Products, 4>(weights, block, x, y);
      if (now == 3) sparse_panels<Products, 3>(weights, block, x, y);
    }
    if (now == 2) sparse_panels<Products, 2>(weights, block, x, y);
    if (now == 1) sparse_panels<Products, 1>(weights, block, x, y);
    groups -= now, x += now * kGroupTokens, y += now * kGroupTokens;
  }
}

void sparse_matmul(const SparseMatrix& weights, int64_t block, const float* bias, const float* x, float* y,
                   int64_t groups) {
  sparse_product<FloatProducts>(weights, block, bias, x, y, groups);
}

template <typename Products>
void sparse_quads(const SparseQuads& weights, int64_t block, const Quad* x, int32_t* sums, int64_t groups) {
  sparse_product<Products, Quad>(weights, block, nullptr, x, sums, groups);
}

}  // namespace HWY_NAMESPACE
}  // namespace rpp
HWY_AFTER_NAMESPACE();

#endif
