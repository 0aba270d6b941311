#include <algorithm>

#include "matrix.h"

namespace rpp {
namespace {

static_assert(SparseMatrix::kPanelCols <= UINT8_MAX + 1);

struct RowValues {
  int64_t row = 0;  // in the block
  std::vector<float> values;
  std::vector<uint8_t> columns;
};

// The row's values in the panel's columns, padded to an even number: 0 times a column is nothing.
RowValues find_values(std::span<const float> entries, int64_t row) {
  RowValues found{.row = row};
  for (size_t i = 0; i < entries.size(); ++i) {
    if (entries[i] == 0.0F) continue;
    found.values.push_back(entries[i]);
    found.columns.push_back(static_cast<uint8_t>(i));
  }
  if (found.values.size() % 2 != 0) {
    found.values.push_back(0.0F);
    found.columns.push_back(found.columns.back());
  }
  return found;
}

void append_panel(std::vector<RowValues> rows, SparseMatrix& sparse) {
  std::stable_sort(rows.begin(), rows.end(),
                   [](const auto& a, const auto& b) { return a.values.size() > b.values.size(); });
  SparseMatrix::Panel panel{.first_run = static_cast<int64_t>(sparse.runs.size()),
                            .first_value = static_cast<int64_t>(sparse.values.size())};
  for (const auto& row : rows) {
    if (row.values.empty()) break;
    sparse.runs.push_back(
        {.row = static_cast<uint16_t>(row.row), .num_pairs = static_cast<uint16_t>(row.values.size() / 2)});
    sparse.values.insert(sparse.values.end(), row.values.begin(), row.values.end());
    sparse.columns.insert(sparse.columns.end(), row.columns.begin(), row.columns.end());
  }
  panel.num_runs = static_cast<int64_t>(sparse.runs.size()) - panel.first_run;
  sparse.panels.push_back(panel);
}

}  // namespace

SparseMatrix make_sparse(std::span<const float> matrix, int64_t rows, int64_t cols) {
  SparseMatrix sparse{.rows = rows, .cols = cols};
  for (int64_t first_row = 0; first_row < rows; first_row += SparseMatrix::kBlockRows) {
    const int64_t block_rows = std::min(SparseMatrix::kBlockRows, rows - first_row);
    for (int64_t first_col = 0; first_col < cols; first_col += SparseMatrix::kPanelCols) {
      const int64_t panel_cols = std::min(SparseMatrix::kPanelCols, cols - first_col);
      std::vector<RowValues> found;
      for (int64_t row = 0; row < block_rows; ++row) {
        const auto first = static_cast<size_t>((first_row + row) * cols + first_col);
        found.push_back(find_values(matrix.subspan(first, static_cast<size_t>(panel_cols)), row));
      }
      append_panel(std::move(found), sparse);
    }
  }
  return sparse;
}

}  // namespace rpp
