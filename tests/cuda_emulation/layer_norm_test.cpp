#include "ops/layer_norm_kernel.h"

#include "arrays.h"

namespace rpp::test {
namespace {

struct Shape {
  int64_t rows, hidden;
};
// Sizes around packs, warps and blocks; BERT's hidden sizes; rows so large that a block has room for one
// warp.
constexpr Shape kShapes[] = {{0, 8},   {1, 1},   {3, 31},  {5, 33},   {2, 127},  {7, 129},
                             {67, 48}, {1, 768}, {9, 768}, {6, 1024}, {3, 4096}, {3, 6144}};

template <typename T>
struct Forward {
  std::vector<T> x, residual, sum, y;
  std::vector<float> weight, bias, mean, inverse;
  LayerNormForward<T> op;

  Forward(const Shape& shape, double rate, bool has_residual)
      : x(random_values<T>(shape.rows * shape.hidden, 1)),
        residual(random_values<T>(shape.rows * shape.hidden, 2)),
        sum(x.size()),
        y(x.size()),
        weight(random_values<float>(shape.hidden, 3)),
        bias(random_values<float>(shape.hidden, 4)),
        mean(static_cast<size_t>(shape.rows)),
        inverse(mean.size()) {
    const bool changes_x = has_residual || rate > 0.0;
    op = {.x = x.data(),
          .residual = has_residual ? residual.data() : nullptr,
          .weight = weight.data(),
          .bias = bias.data(),
          .sum = changes_x ? sum.data() : nullptr,
          .y = y.data(),
          .mean = mean.data(),
          .inverse = inverse.data(),
          .hidden = shape.hidden,
          .epsilon = 1e-5F,
          .dropout = dropout_rule(rate, 9)};
  }
};

template <typename T>
struct Backward {
  std::vector<T> sum, dy, dsum, dx;
  std::vector<float> weight, mean, inverse, dweight, dbias;
  LayerNormBackward<T> op;

  Backward(const Shape& shape, double rate)
      : sum(random_values<T>(shape.rows * shape.hidden, 1)),
        dy(random_values<T>(shape.rows * shape.hidden, 2)),
        dsum(sum.size()),
        dx(sum.size()),
        weight(random_values<float>(shape.hidden, 3)),
        mean(random_values<float>(shape.rows, 4, 0.1F)),
        inverse(static_cast<size_t>(shape.rows), 0.9F),
        dweight(static_cast<size_t>(shape.hidden)),
        dbias(dweight) {
    op = {.sum = sum.data(),
          .dy = dy.data(),
          .weight = weight.data(),
          .mean = mean.data(),
          .inverse = inverse.data(),
          .dsum = dsum.data(),
          .dx = rate > 0.0 ? dx.data() : nullptr,
          .hidden = shape.hidden,
          .dropout = dropout_rule(rate, 9)};
  }

  // The kernel's partial sums, added block by block.
  void run_cuda(const Shape& shape) {
    const auto blocks = static_cast<size_t>(layer_norm_blocks(shape.rows));
    std::vector<float> partial(blocks * 2 * dweight.size(), NAN);
    ASSERT_EQ(layer_norm_backward_cuda(op, shape.rows, partial.data(), nullptr), cudaSuccess);
    for (size_t i = 0; i < partial.size(); ++i) {
      const size_t column = i % dweight.size();
      (i / dweight.size() % 2 == 0 ? dweight : dbias)[column] += partial[i];
    }
  }
};

template <typename T>
struct EmulatedLayerNorm : testing::Test {};
TYPED_TEST_SUITE(EmulatedLayerNorm, BothPrecisions);

TYPED_TEST(EmulatedLayerNorm, ForwardEqualsTheLoop) {
  for (const auto& shape : kShapes) {
    for (const double rate : {0.0, 0.1}) {
      for (const bool has_residual : {false, true}) {
        Forward<TypeParam> cuda(shape, rate, has_residual), cpu(shape, rate, has_residual);
        ASSERT_EQ(layer_norm_forward_cuda(cuda.op, shape.rows, nullptr), cudaSuccess);
        layer_norm_forward(cpu.op, 0, shape.rows);
        SCOPED_TRACE(testing::Message() << shape.rows << " x " << shape.hidden << ", " << rate);
        EXPECT_EQ(cuda.sum, cpu.sum);
        expect_near(cuda.y, cpu.y);
        expect_near(cuda.mean, cpu.mean);
        expect_near(cuda.inverse, cpu.inverse);
      }
    }
  }
}

TYPED_TEST(EmulatedLayerNorm, BackwardEqualsTheLoop) {
  for (const auto& shape : kShapes) {
    for (const double rate : {0.0, 0.1}) {
      Backward<TypeParam> cuda(shape, rate), cpu(shape, rate);
      cuda.run_cuda(shape);
      layer_norm_backward(cpu.op, 0, shape.rows, cpu.dweight.data(), cpu.dbias.data());
      SCOPED_TRACE(testing::Message() << shape.rows << " x " << shape.hidden << ", " << rate);
      expect_near(cuda.dsum, cpu.dsum);
      expect_near(cuda.dx, cpu.dx);
      expect_near(cuda.dweight, cpu.dweight);
      expect_near(cuda.dbias, cpu.dbias);
    }
  }
}

TYPED_TEST(EmulatedLayerNorm, DropoutWithASeedInMemoryEqualsDropoutByValue) {
  const Shape shape = {5, 33};
  const uint64_t seed = 9;
  Forward<TypeParam> forward(shape, 0.1, true), forward_in_memory(shape, 0.1, true);
  Backward<TypeParam> backward(shape, 0.1), backward_in_memory(shape, 0.1);
  for (auto* rule : {&forward_in_memory.op.dropout, &backward_in_memory.op.dropout}) {
    rule->seed = 0;
    rule->seed_at = &seed;
  }
  for (auto* run : {&forward, &forward_in_memory}) layer_norm_forward_cuda(run->op, shape.rows, nullptr);
  for (auto* run : {&backward, &backward_in_memory}) run->run_cuda(shape);
  EXPECT_EQ(forward_in_memory.sum, forward.sum);
  EXPECT_EQ(backward_in_memory.dx, backward.dx);
}

TEST(EmulatedLayerNorm, UnalignedRowsAreReadElementwise) {
  const Shape shape = {3, 64};
  Forward<float> cuda(shape, 0.0, true), cpu(shape, 0.0, true);
  for (auto* run : {&cuda, &cpu}) {
    run->op.x += 1;
    run->x.push_back(0.5F);
    run->op.x = run->x.data() + 1;
  }
  layer_norm_forward_cuda(cuda.op, shape.rows, nullptr);
  layer_norm_forward(cpu.op, 0, shape.rows);
  expect_near(cuda.y, cpu.y);
}

// Forward: four rows per block. Backward: about 32 rows per block, at most 1,056 blocks.
TEST(EmulatedLayerNorm, GridsFollowTheRows) {
  const Shape shape = {67, 48};
  Forward<float> forward(shape, 0.0, true);
  Backward<float> backward(shape, 0.0);
  taken_blocks();
  layer_norm_forward_cuda(forward.op, shape.rows, nullptr);
  backward.run_cuda(shape);
  EXPECT_EQ(taken_blocks(), (Blocks{{17, 1}, {3, 1}}));
  EXPECT_EQ(layer_norm_blocks(1'000'000), 1056);
}

TEST(EmulatedLayerNorm, RowsLargerThanTheSharedMemoryAreAnError) {
  const Shape shape = {1, 12'289};
  Forward<float> run(shape, 0.0, true);
  EXPECT_EQ(layer_norm_forward_cuda(run.op, shape.rows, nullptr), cudaErrorInvalidConfiguration);
}

}  // namespace
}  // namespace rpp::test
