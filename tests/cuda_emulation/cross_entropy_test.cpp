#include "ops/cross_entropy_kernel.h"

#include "arrays.h"
#include "core/ignored_label.h"

namespace rpp::test {
namespace {

struct Shape {
  int64_t rows, classes, stride;
};
// Odd strides give rows of any alignment.
constexpr Shape kShapes[] = {{0, 5, 5},     {1, 1, 1},     {4, 2, 2},       {4, 2, 8},        {4, 3, 8},
                             {3, 31, 31},   {3, 33, 33},   {3, 33, 40},     {5, 127, 127},    {5, 129, 129},
                             {5, 129, 131}, {2, 768, 768}, {9, 3001, 3001}, {2, 30522, 30528}};

template <typename T>
struct Problem {
  std::vector<T> logits, dlogits;
  std::vector<int64_t> labels, is_correct;
  std::vector<float> loss, log_sum_exp;
  float scale = 0.3F;
  CrossEntropyForward<T> forward;
  CrossEntropyBackward<T> backward;

  explicit Problem(const Shape& shape)
      : logits(random_values<T>(shape.rows * shape.stride, 1, 3.0F)),
        dlogits(logits.size()),
        is_correct(static_cast<size_t>(shape.rows), -1),
        loss(is_correct.size()),
        log_sum_exp(is_correct.size()) {
    for (int64_t row = 0; row < shape.rows; ++row) {
      const auto begin = logits.begin() + row * shape.stride;
      for (int64_t i = shape.classes; i < shape.stride; ++i) store(&begin[i], 1e9F);  // padding, not logits
      const auto largest =
          std::max_element(begin, begin + shape.classes, [](T a, T b) { return to_float(a) < to_float(b); });
      labels.push_back(row % 2 == 0 ? largest - begin : shape.classes / 2);
    }
    forward = {.logits = logits.data(),
               .labels = labels.data(),
               .loss = loss.data(),
               .log_sum_exp = log_sum_exp.data(),
               .is_correct = is_correct.data(),
               .classes = shape.classes,
               .stride = shape.stride};
    backward = {.logits = logits.data(),
                .labels = labels.data(),
                .log_sum_exp = log_sum_exp.data(),
                .dlogits = dlogits.data(),
                .classes = shape.classes,
                .stride = shape.stride,
                .scale = &scale};
  }

  void run_cuda(int64_t rows) {
    ASSERT_EQ(cross_entropy_forward_cuda(forward, rows, nullptr), cudaSuccess);
    ASSERT_EQ(cross_entropy_backward_cuda(backward, rows, nullptr), cudaSuccess);
  }
  void run_cpu(int64_t rows) {
    cross_entropy_forward(forward, 0, rows);
    cross_entropy_backward(backward, 0, rows);
  }
};

template <typename T>
struct EmulatedCrossEntropy : testing::Test {};
TYPED_TEST_SUITE(EmulatedCrossEntropy, BothPrecisions);

TYPED_TEST(EmulatedCrossEntropy, EqualsTheLoopForwardAndBackward) {
  for (const auto& shape : kShapes) {
    Problem<TypeParam> cuda(shape), cpu(shape);
    cuda.run_cuda(shape.rows);
    cpu.run_cpu(shape.rows);
    SCOPED_TRACE(testing::Message() << shape.rows << " x " << shape.classes << " of " << shape.stride);
    expect_near(cuda.loss, cpu.loss);
    expect_near(cuda.log_sum_exp, cpu.log_sum_exp);
    EXPECT_EQ(cuda.is_correct, cpu.is_correct);
    expect_near(cuda.dlogits, cpu.dlogits);
  }
}

TYPED_TEST(EmulatedCrossEntropy, TheGradientMayOverwriteTheLogits) {
  const Shape shape = {5, 129, 129};
  Problem<TypeParam> apart(shape), in_place(shape);
  apart.run_cuda(shape.rows);
  in_place.backward.dlogits = in_place.logits.data();
  in_place.run_cuda(shape.rows);
  EXPECT_EQ(in_place.logits, apart.dlogits);
}

TYPED_TEST(EmulatedCrossEntropy, AnIgnoredRowHasNoLossNoGradientAndIsNotCorrect) {
  const Shape shape = {3, 33, 40};
  Problem<TypeParam> cuda(shape), cpu(shape);
  for (auto* problem : {&cuda, &cpu}) problem->labels[1] = kIgnoredLabel;
  cuda.run_cuda(shape.rows);
  cpu.run_cpu(shape.rows);
  for (const auto* problem : {&cuda, &cpu}) {
    EXPECT_EQ(problem->loss[1], 0.0F);
    EXPECT_EQ(problem->is_correct[1], 0);
    for (int64_t i = 0; i < shape.classes; ++i) EXPECT_EQ(to_float(problem->dlogits[40 + i]), 0.0F) << i;
    EXPECT_GT(problem->loss[2], 0.0F);
  }
  expect_near(cuda.dlogits, cpu.dlogits);
}

TEST(EmulatedCrossEntropy, TheFirstOfEqualLogitsIsThePrediction) {
  Problem<float> run({3, 300, 300});
  std::fill(run.logits.begin(), run.logits.end(), 1.5F);
  run.labels = {0, 1, 299};
  run.forward.labels = run.labels.data();
  cross_entropy_forward_cuda(run.forward, 3, nullptr);
  EXPECT_EQ(run.is_correct, std::vector<int64_t>({1, 0, 0}));
}

TEST(EmulatedCrossEntropy, NaNStaysNaN) {
  Problem<float> run({1, 70, 70});
  run.logits[3] = NAN;
  run.run_cuda(1);
  EXPECT_TRUE(std::isnan(run.loss[0]));
  EXPECT_TRUE(std::isnan(run.dlogits[60]));
}

TEST(EmulatedCrossEntropy, ABlockTakesARow) {
  Problem<float> run({9, 3001, 3001});
  taken_blocks();
  run.run_cuda(9);
  EXPECT_EQ(taken_blocks(), (Blocks{{9, 1}, {9, 1}}));
}

}  // namespace
}  // namespace rpp::test
