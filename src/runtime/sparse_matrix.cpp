#include <algorithm>
#include <array>
#include <numeric>

#include "io/packed_tensor.h"
#include "matrix.h"

namespace rpp {
namespace {

static_assert(SparseMatrix::kPanelCols <= UINT8_MAX + 1);

// The non-zero values of a block of rows: row by row, within a row panel by panel.
struct Block {
  // One more than needed: a trailing zero is written before it is dropped.
  explicit Block(size_t most_values) : values(most_values + 1), columns(values.size()) {}

  size_t num_values = 0;
  std::vector<float> values;
  std::vector<uint8_t> columns;  // in the panel
  std::vector<size_t> ends;      // [rows][panels]: end offsets of the values
};

struct PanelRow {
  int64_t row = 0;  // in the block
  size_t begin = 0, end = 0;

  size_t size() const { return end - begin; }
};

void append_row(const PackedRows::Row& row, int64_t num_panels, Block& block) {
  size_t i = 0, count = block.num_values;
  for (int64_t panel = 0; panel < num_panels; ++panel) {
    const auto first_col = static_cast<int32_t>(panel * SparseMatrix::kPanelCols);
    const auto end_col = first_col + static_cast<int32_t>(SparseMatrix::kPanelCols);
    for (; i < row.columns.size() && row.columns[i] < end_col; ++i) {
      block.values[count] = row.values[i];
      block.columns[count] = static_cast<uint8_t>(row.columns[i] - first_col);
      if (row.values[i] != 0.0F) ++count;
    }
    block.ends.push_back(count);
  }
  block.num_values = count;
}

void read_block_into(PackedRows& rows, int64_t num_rows, int64_t num_panels, Block& block) {
  block.num_values = 0;
  block.ends.clear();
  for (int64_t row = 0; row < num_rows; ++row) append_row(rows.next(), num_panels, block);
}

// Rows with most values first, by counting sort: loading a model sorts half a million rows.
std::vector<PanelRow> sorted_rows(const Block& block, int64_t num_panels, int64_t panel) {
  std::vector<PanelRow> rows;
  std::array<size_t, SparseMatrix::kPanelCols + 2> firsts{};  // by the distance from the maximum count
  const auto below_most = [](const PanelRow& row) { return SparseMatrix::kPanelCols - row.size(); };
  rows.reserve(SparseMatrix::kBlockRows);
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
void append_panel(const Block& block, int64_t num_panels, int64_t panel_index, SparseMatrix& sparse) {
  SparseMatrix::Panel panel{.first_run = static_cast<int64_t>(sparse.runs.size()),
                            .first_value = static_cast<int64_t>(sparse.values.size())};
  for (const PanelRow& row : sorted_rows(block, num_panels, panel_index)) {
    if (row.size() == 0) break;
    append(block.values, row, sparse.values);
    append(block.columns, row, sparse.columns);
    if (row.size() % 2 != 0) {
      sparse.values.push_back(0.0F);
      sparse.columns.push_back(sparse.columns.back());
    }
    sparse.runs.push_back(
        {.row = static_cast<uint16_t>(row.row), .num_pairs = static_cast<uint16_t>((row.size() + 1) / 2)});
  }
  panel.num_runs = static_cast<int64_t>(sparse.runs.size()) - panel.first_run;
  sparse.panels.push_back(panel);
}

}  // namespace

SparseMatrix make_sparse(const PackedView& packed) {
  SparseMatrix sparse{.rows = packed.rows, .cols = packed.cols};
  const int64_t num_panels = sparse.panels_per_block();
  // Allocated by the number of values, as a few bytes may encode a matrix of any size.
  const auto num_values = static_cast<size_t>(packed.num_values());
  const auto num_runs = std::min(static_cast<size_t>(packed.rows * num_panels), num_values);
  sparse.runs.reserve(num_runs);
  sparse.values.reserve(num_values + num_runs);
  sparse.columns.reserve(num_values + num_runs);
  PackedRows rows(packed);
  Block block(std::min(static_cast<size_t>(SparseMatrix::kBlockRows * packed.cols), num_values));
  for (int64_t first = 0; first < packed.rows; first += SparseMatrix::kBlockRows) {
    read_block_into(rows, std::min(SparseMatrix::kBlockRows, packed.rows - first), num_panels, block);
    for (int64_t panel = 0; panel < num_panels; ++panel) append_panel(block, num_panels, panel, sparse);
  }
  return sparse;
}

SparseMatrix make_sparse(std::span<const float> matrix, int64_t rows, int64_t cols) {
  return make_sparse(
      PackedView{.rows = rows, .cols = cols, .dtype = Dtype::f32, .values = std::as_bytes(matrix)});
}

}  // namespace rpp
