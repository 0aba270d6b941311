#include "accumulate_kernel.h"

#include "arrays.h"

namespace rpp::test {
namespace {

struct Shape {
  int64_t rows, columns;
};
constexpr Shape kShapes[] = {{0, 5},     {1, 1},     {3, 31},   {9, 33},    {255, 8},
                             {256, 127}, {257, 129}, {520, 64}, {100, 768}, {5, 1024}};

template <typename T>
struct EmulatedColumnSums : testing::Test {};
TYPED_TEST_SUITE(EmulatedColumnSums, BothPrecisions);

std::vector<float> scratch_for(const Shape& shape) {
  return std::vector<float>(static_cast<size_t>(row_chunks(shape.rows) * shape.columns), NAN);
}

// fp32 sums of up to 520 numbers, in another order.
TYPED_TEST(EmulatedColumnSums, EqualTheLoop) {
  for (const auto& shape : kShapes) {
    const auto values = random_values<TypeParam>(shape.rows * shape.columns, 1);
    auto cuda = random_values<float>(shape.columns, 2), cpu = cuda;
    auto scratch = scratch_for(shape);
    EXPECT_EQ(
        add_rows_into_cuda(values.data(), cuda.data(), shape.rows, shape.columns, scratch.data(), nullptr),
        cudaSuccess);
    add_rows_into(values.data(), cpu.data(), shape.rows, shape.columns, 0, shape.columns);
    SCOPED_TRACE(testing::Message() << shape.rows << " x " << shape.columns);
    expect_near(cuda, cpu, 8.0F);
  }
}

TYPED_TEST(EmulatedColumnSums, OfAMatrixThatBeginsAnywhereAreTheSame) {
  const auto values = random_values<TypeParam>(9 * 64 + 1, 1);
  std::vector<float> cuda(64), cpu(64), scratch(64);
  add_rows_into_cuda(values.data() + 1, cuda.data(), 9, 64, scratch.data(), nullptr);
  add_rows_into(values.data() + 1, cpu.data(), 9, 64, 0, 64);
  expect_near(cuda, cpu, 8.0F);
}

// Tiles of 32 packs of columns, chunks of 256 rows; then the chunks.
TEST(EmulatedColumnSums, GridsFollowTilesAndChunks) {
  const Shape shape = {520, 264};
  const auto values = random_values<uint16_t>(shape.rows * shape.columns, 1);
  std::vector<float> sums(264);
  auto scratch = scratch_for(shape);
  taken_blocks();
  add_rows_into_cuda(values.data(), sums.data(), shape.rows, shape.columns, scratch.data(), nullptr);
  add_rows_into_cuda(values.data(), sums.data(), 256, shape.columns, scratch.data(), nullptr);
  EXPECT_EQ(taken_blocks(), (Blocks{{2, 3}, {3, 1}, {2, 1}}));
}

}  // namespace
}  // namespace rpp::test
