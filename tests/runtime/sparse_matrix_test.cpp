#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/rng.h"
#include "io/packed_tensor.h"
#include "peak_memory_bound.h"
#include "runtime/matrix.h"

namespace rpp {
namespace {

using testing::ElementsAre;

std::vector<float> random_matrix(int64_t entries, double density) {
  Rng rng(mix_key(5, entries));
  std::vector<float> matrix;
  for (int64_t i = 0; i < entries; ++i) {
    matrix.push_back(rng.uniform() < density ? static_cast<float>(rng.normal()) : 0.0F);
  }
  return matrix;
}

// Reconstructs the dense matrix from the layout.
std::vector<float> dense(const SparseMatrix& sparse) {
  std::vector<float> matrix(static_cast<size_t>(sparse.rows * sparse.cols), 0.0F);
  for (size_t p = 0; p < sparse.panels.size(); ++p) {
    const auto& panel = sparse.panels[p];
    const auto block = static_cast<int64_t>(p) / sparse.panels_per_block();
    const auto first_col = static_cast<int64_t>(p) % sparse.panels_per_block() * SparseMatrix::kPanelCols;
    auto value = static_cast<size_t>(panel.first_value);
    for (int64_t r = panel.first_run; r < panel.first_run + panel.num_runs; ++r) {
      const auto& run = sparse.runs[static_cast<size_t>(r)];
      const int64_t row = block * SparseMatrix::kBlockRows + run.row;
      for (const size_t end = value + 2U * run.num_pairs; value < end; ++value) {
        matrix[static_cast<size_t>(row * sparse.cols + first_col + sparse.columns[value])] +=
            sparse.values[value];
      }
    }
  }
  return matrix;
}

TEST(SparseMatrix, StoresTheValuesOfEveryPacking) {
  for (const double density : {0.0, 0.03, 0.3, 1.0}) {  // gaps, gaps, a mask, dense
    const auto matrix = random_matrix(300 * 401, density);
    EXPECT_EQ(dense(make_sparse(matrix, 300, 401)), matrix) << density;
    EXPECT_EQ(dense(make_sparse(pack(matrix, 300, 401, Dtype::f32).view())), matrix) << density;
  }
}

TEST(SparseMatrix, RowsAreSortedByValueCountStably) {
  const std::vector<float> matrix = {1, 0, 0,  //
                                     0, 0, 0,  //
                                     2, 3, 4,  //
                                     0, 5, 0};
  const SparseMatrix sparse = make_sparse(matrix, 4, 3);
  std::vector<int> rows;
  for (const auto& run : sparse.runs) rows.push_back(run.row);
  EXPECT_THAT(rows, ElementsAre(2, 0, 3));
  EXPECT_THAT(sparse.values, ElementsAre(2, 3, 4, 0, 1, 0, 5, 0));  // each group padded to pairs
  EXPECT_THAT(sparse.columns, ElementsAre(0, 1, 2, 2, 0, 0, 1, 1));
}

TEST(SparseMatrix, ValuesThatRoundToZeroInInt8AreSkipped) {
  const std::vector<float> matrix = {127.0F, 0.1F, 0, 0, 0, 0, 0, 0};
  const auto packed = pack(matrix, 1, 8, Dtype::i8);
  ASSERT_EQ(packed.view().num_values(), 2);
  EXPECT_THAT(make_sparse(packed.view()).values, ElementsAre(127.0F, 0.0F));  // the second is padding
}

// Room for every entry of a block would be 2 GB.
TEST(SparseMatrix, MemoryGrowsWithValuesNotWithSize) {
  constexpr int64_t kCols = kMaxPackedExtent;
  PackedTensor one_value{.rows = 1, .cols = kCols, .packing = Packing::gaps};
  one_value.index.assign((kCols - 1) / kLongGap + 2, kLongGap);
  one_value.index.front() = 0;
  one_value.index.back() = (kCols - 1) % kLongGap;
  const float value = 7;
  const auto bytes = std::as_bytes(std::span(&value, 1));
  one_value.values.assign(bytes.begin(), bytes.end());
  check_packed(one_value.view(), "the test");
  SparseMatrix sparse;
  const int64_t grown = test::peak_growth([&] { sparse = make_sparse(one_value.view()); });
  EXPECT_LT(grown, 64'000'000);  // PackedRows has 8 bytes per column
  EXPECT_THAT(sparse.values, ElementsAre(7, 0));
}

TEST(MakeQuads, RoundsEachRowToIntegersOfItsOwnScale) {
  const std::vector<float> w = {1.27F, -0.634F, 0.0F, 0.016F, 0.5F,  //
                                0.0F,  0.0F,    0.0F, 0.0F,   0.0F,  //
                                0.0F,  -2.0F,   1.0F, 0.0F,   0.0F};
  const QuadMatrix matrix =
      make_quads({.rows = 3, .cols = 5, .dtype = Dtype::f32, .values = std::as_bytes(std::span(w))});
  EXPECT_FLOAT_EQ(matrix.scales[0], 0.01F);
  EXPECT_EQ(matrix.scales[1], 0.0F);
  EXPECT_FLOAT_EQ(matrix.scales[2], 2.0F / 127);
  EXPECT_EQ(matrix.sums, (std::vector<float>{127 - 63 + 2 + 50, 0, -127 + 64}));
  const auto quad = [](int a, int b, int c, int d) {
    const auto byte = [](int value, int place) {
      return (static_cast<uint32_t>(value) & 0xFF) << (8 * place);
    };
    return static_cast<Quad>(byte(a, 0) | byte(b, 1) | byte(c, 2) | byte(d, 3));
  };
  EXPECT_EQ(matrix.quads,
            (std::vector<Quad>{quad(127, -63, 0, 2), quad(50, 0, 0, 0), 0, 0, quad(0, -127, 64, 0), 0}));
}

TEST(MakeSparse, OfQuadsKeepsThoseThatAreNotZero) {
  const std::vector<Quad> quads = {0, 7, 0, 9, 0, 0};
  const SparseQuads sparse = make_sparse(quads, 2, 3);
  EXPECT_EQ(sparse.runs.size(), 2U);
  EXPECT_EQ(sparse.values, (std::vector<Quad>{7, 0, 9, 0}));
  EXPECT_EQ(sparse.columns, (std::vector<uint8_t>{1, 1, 0, 0}));
}

}  // namespace
}  // namespace rpp
