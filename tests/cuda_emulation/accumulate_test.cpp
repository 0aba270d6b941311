#include "ops/accumulate_kernel.h"

#include "arrays.h"

namespace rpp::test {
namespace {

struct Shape {
  int64_t rows, columns, stride;
};
// Where the column count is not a multiple of the pack size, the last pack of a row is read elementwise.
constexpr Shape kShapes[] = {{0, 5, 5},     {1, 1, 1},       {3, 31, 31},     {9, 33, 33},
                             {255, 8, 8},   {256, 127, 127}, {256, 127, 128}, {257, 129, 136},
                             {520, 64, 64}, {520, 258, 264}, {100, 768, 768}, {5, 1024, 1024},
                             {7, 2, 8},     {7, 3, 5}};

template <typename T>
struct Matrix {
  std::vector<T> values;
  Rows<const T> rows;

  explicit Matrix(const Shape& shape) : values(random_values<T>(shape.rows * shape.stride, 1)) {
    for (int64_t i = 0; i < shape.rows * shape.stride; ++i) {
      if (i % shape.stride >= shape.columns) store(&values[static_cast<size_t>(i)], NAN);  // not in any sum
    }
    rows = {values.data(), shape.rows, shape.columns, shape.stride};
  }
};

template <typename T>
struct EmulatedColumnSums : testing::Test {};
TYPED_TEST_SUITE(EmulatedColumnSums, BothPrecisions);

std::vector<float> scratch_for(const Shape& shape) {
  return std::vector<float>(static_cast<size_t>(row_chunks(shape.rows) * shape.columns), NAN);
}

// fp32 sums of up to 520 numbers, in a different order.
TYPED_TEST(EmulatedColumnSums, EqualTheLoop) {
  for (const auto& shape : kShapes) {
    const Matrix<TypeParam> matrix(shape);
    auto cuda = random_values<float>(shape.columns, 2), cpu = cuda;
    auto scratch = scratch_for(shape);
    EXPECT_EQ(add_rows_into_cuda(matrix.rows, cuda.data(), scratch.data(), nullptr), cudaSuccess);
    add_rows_into(matrix.rows, cpu.data(), 0, shape.columns);
    SCOPED_TRACE(testing::Message() << shape.rows << " x " << shape.columns << " of " << shape.stride);
    expect_near(cuda, cpu, 8.0F);
  }
}

TYPED_TEST(EmulatedColumnSums, DoNotDependOnTheAlignmentOfTheMatrix) {
  const auto values = random_values<TypeParam>(9 * 64 + 1, 1);
  std::vector<float> cuda(64), cpu(64), scratch(64);
  const Rows<const TypeParam> rows = {values.data() + 1, 9, 64, 64};
  add_rows_into_cuda(rows, cuda.data(), scratch.data(), nullptr);
  add_rows_into(rows, cpu.data(), 0, 64);
  expect_near(cuda, cpu, 8.0F);
}

// Tiles of 32 packs of columns, chunks of 256 rows; then the sum over the chunks.
TEST(EmulatedColumnSums, GridsFollowTilesAndChunks) {
  const Shape shape = {520, 264, 264};
  const Matrix<uint16_t> matrix(shape);
  std::vector<float> sums(264);
  auto scratch = scratch_for(shape);
  taken_blocks();
  add_rows_into_cuda(matrix.rows, sums.data(), scratch.data(), nullptr);
  auto one_chunk = matrix.rows;
  one_chunk.rows = 256;
  add_rows_into_cuda(one_chunk, sums.data(), scratch.data(), nullptr);
  EXPECT_EQ(taken_blocks(), (Blocks{{2, 3}, {3, 1}, {2, 1}}));
}

}  // namespace
}  // namespace rpp::test
