#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>

#include "io/packed_tensor.h"
#include "matrix.h"

namespace rpp {
namespace {

static_assert(SparseMatrix::kPanelCols <= UINT8_MAX + 1);

// The non-zero values of a block of rows: row by row, within a row panel by panel.
template <typename Value>
struct Block {
  // One more than needed: a trailing zero is written before it is dropped.
  explicit Block(size_t most_values) : values(most_values + 1), columns(values.size()) {}

  size_t num_values = 0;
  std::vector<Value> values;
  std::vector<uint8_t> columns;  // in the panel
  std::vector<size_t> ends;      // [rows][panels]: end offsets of the values
};

template <typename Value>
struct Row {
  std::span<const int32_t> columns;  // ascending
  std::span<const Value> values;
};

struct PanelRow {
  int64_t row = 0;  // in the block
  size_t begin = 0, end = 0;

  size_t size() const { return end - begin; }
};

template <typename Value>
void append_row(const Row<Value>& row, int64_t num_panels, Block<Value>& block) {
  using Sparse = SparseOf<Value>;
  size_t i = 0, count = block.num_values;
  for (int64_t panel = 0; panel < num_panels; ++panel) {
    const auto first_col = static_cast<int32_t>(panel * Sparse::kPanelCols);
    const auto end_col = first_col + static_cast<int32_t>(Sparse::kPanelCols);
    for (; i < row.columns.size() && row.columns[i] < end_col; ++i) {
      block.values[count] = row.values[i];
      block.columns[count] = static_cast<uint8_t>(row.columns[i] - first_col);
      if (row.values[i] != Value{0}) ++count;
    }
    block.ends.push_back(count);
  }
  block.num_values = count;
}

// Rows with most values first, by counting sort: loading a model sorts half a million rows.
template <typename Value>
std::vector<PanelRow> sorted_rows(const Block<Value>& block, int64_t num_panels, int64_t panel) {
  constexpr int64_t kMostValues = SparseOf<Value>::kPanelCols;
  std::vector<PanelRow> rows;
  std::array<size_t, kMostValues + 2> firsts{};  // by the distance from the maximum count
  const auto below_most = [](const PanelRow& row) { return kMostValues - row.size(); };
  rows.reserve(SparseOf<Value>::kBlockRows);
  for (auto at = static_cast<size_t>(panel); at < block.ends.size(); at += static_cast<size_t>(num_panels)) {
    rows.push_back({.row = static_cast<int64_t>(rows.size()),
                    .begin = at == 0 ? 0 : block.ends[at - 1],
                    .end = block.ends[at]});
    ++firsts[below_most(rows.back()) + 1];
  }
  std::partial_sum(firsts.begin(), firsts.end(), firsts.begin());
  std::vector<PanelRow> sorted(rows.size());
  for (const PanelRow& row : rows) sorted[firsts[below_most(row)]++] = row;
  return sorted;
}

template <typename T>
void append(const std::vector<T>& from, const PanelRow& row, std::vector<T>& to) {
  to.insert(to.end(), from.data() + row.begin, from.data() + row.end);
}

// Rows are padded to an even number of values: 0 times a column adds nothing.
template <typename Value>
void append_panel(const Block<Value>& block, int64_t num_panels, int64_t panel_index,
                  SparseOf<Value>& sparse) {
  typename SparseOf<Value>::Panel panel{.first_run = static_cast<int64_t>(sparse.runs.size()),
                                        .first_value = static_cast<int64_t>(sparse.values.size())};
  for (const PanelRow& row : sorted_rows(block, num_panels, panel_index)) {
    if (row.size() == 0) break;
    append(block.values, row, sparse.values);
    append(block.columns, row, sparse.columns);
    if (row.size() % 2 != 0) {
      sparse.values.push_back(Value{0});
      sparse.columns.push_back(sparse.columns.back());
    }
    sparse.runs.push_back(
        {.row = static_cast<uint16_t>(row.row), .num_pairs = static_cast<uint16_t>((row.size() + 1) / 2)});
  }
  panel.num_runs = static_cast<int64_t>(sparse.runs.size()) - panel.first_run;
  sparse.panels.push_back(panel);
}

// next_row() returns the rows in order. Allocates by the number of values, as a few bytes may encode a matrix
// of any size.
template <typename Value, typename NextRow>
SparseOf<Value> build(int64_t num_rows, int64_t num_cols, size_t num_values, const NextRow& next_row) {
  using Sparse = SparseOf<Value>;
  Sparse sparse{.rows = num_rows, .cols = num_cols};
  const int64_t num_panels = sparse.panels_per_block();
  const auto num_runs = std::min(static_cast<size_t>(num_rows * num_panels), num_values);
  sparse.runs.reserve(num_runs);
  sparse.values.reserve(num_values + num_runs);
  sparse.columns.reserve(num_values + num_runs);
  Block<Value> block(std::min(static_cast<size_t>(Sparse::kBlockRows * num_cols), num_values));
  for (int64_t first = 0; first < num_rows; first += Sparse::kBlockRows) {
    block.num_values = 0;
    block.ends.clear();
    for (int64_t row = first; row < std::min(first + Sparse::kBlockRows, num_rows); ++row) {
      append_row(next_row(), num_panels, block);
    }
    for (int64_t panel = 0; panel < num_panels; ++panel) append_panel(block, num_panels, panel, sparse);
  }
  return sparse;
}

}  // namespace

SparseMatrix make_sparse(const PackedView& packed) {
  PackedRows rows(packed);
  return build<float>(packed.rows, packed.cols, static_cast<size_t>(packed.num_values()), [&] {
    const auto [columns, values] = rows.next();
    return Row<float>{.columns = columns, .values = values};
  });
}

SparseMatrix make_sparse(std::span<const float> matrix, int64_t rows, int64_t cols) {
  return make_sparse(
      PackedView{.rows = rows, .cols = cols, .dtype = Dtype::f32, .values = std::as_bytes(matrix)});
}

SparseQuads make_sparse(std::span<const Quad> matrix, int64_t rows, int64_t cols) {
  std::vector<int32_t> columns(static_cast<size_t>(cols));
  std::iota(columns.begin(), columns.end(), 0);
  const auto num_values = std::ranges::count_if(matrix, [](Quad quad) { return quad != 0; });
  return build<Quad>(rows, cols, static_cast<size_t>(num_values), [&] {
    const Row<Quad> row = {.columns = columns, .values = matrix.first(columns.size())};
    matrix = matrix.subspan(columns.size());
    return row;
  });
}

QuadMatrix make_quads(const PackedView& packed, std::vector<Quad> memory) {
  constexpr float kLargest = 127.0F;
  constexpr float kShift = 12582912.0F;  // a sum with it is rounded to an integer: vectorised, unlike lrint
  const auto quads_per_row = static_cast<size_t>(num_quads(packed.cols));
  QuadMatrix matrix{.quads = std::move(memory)};
  matrix.quads.assign(static_cast<size_t>(packed.rows) * quads_per_row, Quad{0});
  std::vector<int32_t> integers(static_cast<size_t>(packed.cols));
  PackedRows rows(packed);
  for (size_t row = 0; row < static_cast<size_t>(packed.rows); ++row) {
    const auto [columns, values] = rows.next();
    float largest = 0;
    for (const float value : values) largest = std::max(largest, std::abs(value));
    const float scale = largest / kLargest;
    int32_t sum = 0;
    if (scale > 0) {
      for (size_t i = 0; i < values.size(); ++i) {
        const float steps = std::clamp(values[i] / scale, -kLargest, kLargest);
        integers[i] = static_cast<int32_t>((steps + kShift) - kShift);
        sum += integers[i];
      }
      Quad* quads = matrix.quads.data() + row * quads_per_row;
      for (size_t i = 0; i < columns.size(); ++i) {
        const auto column = static_cast<size_t>(columns[i]);
        const auto byte = static_cast<uint32_t>(integers[i]) & 0xFF;
        quads[column / kQuad] |= static_cast<Quad>(byte << (8 * (column % kQuad)));
      }
    }
    matrix.scales.push_back(scale);
    matrix.sums.push_back(static_cast<float>(sum));
  }
  return matrix;
}

}  // namespace rpp
