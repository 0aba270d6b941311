#include "ops/cross_entropy.h"

#include <gmock/gmock.h>

#include "core/ignored_label.h"
#include "ops/compare.h"
#include "ops/composite.h"
#include "rpp/error.h"

namespace rpp {
namespace {

torch::Tensor labels_of(int64_t rows, int64_t classes) {
  return (torch::arange(rows) * 7 + 3).remainder(classes);
}

torch::Tensor reference(const torch::Tensor& logits, const torch::Tensor& labels) {
  const auto picked = logits.gather(1, labels.unsqueeze(1)).squeeze(1);
  return (torch::logsumexp(logits, 1) - picked).sum();
}

struct LossRun {
  double loss;
  torch::Tensor grad;
};

template <typename Loss>
LossRun run_loss(const Loss& loss, const torch::Tensor& given, torch::ScalarType type) {
  const auto logits = given.to(type, false, /*copy=*/true).requires_grad_(true);
  const auto value = loss(logits);
  (value * 0.5).backward();
  return {value.template item<double>(), logits.grad()};
}

TEST(CrossEntropy, AgreesWithTheFormulaForwardAndBackward) {
  for (const auto& [rows, classes] : std::vector<std::pair<int64_t, int64_t>>{{1, 2}, {7, 3}, {33, 1001}}) {
    const auto labels = labels_of(rows, classes);
    for (const auto type : {torch::kFloat32, torch::kBFloat16}) {
      const auto logits = (random_tensor({rows, classes}, 1) * 4).to(type);
      const auto wanted =
          run_loss([&](const auto& x) { return reference(x, labels); }, logits, torch::kFloat64);
      const auto fused =
          run_loss([&](const auto& x) { return cross_entropy(x, labels).loss_sum; }, logits, type);
      const auto composite =
          run_loss([&](const auto& x) { return composite::cross_entropy(x, labels).loss_sum; }, logits, type);
      EXPECT_NEAR(fused.loss / wanted.loss, 1.0, 1e-6);
      EXPECT_NEAR(composite.loss / wanted.loss, 1.0, 1e-6);
      const double tolerance = type == torch::kFloat32 ? 1e-6 : 4e-3;
      expect_close(fused.grad, wanted.grad, tolerance);
      expect_close(composite.grad, wanted.grad, tolerance);
    }
  }
}

TEST(CrossEntropy, CountsCorrectRows) {
  const auto logits = torch::tensor({{1.0F, 2.0F, 0.0F}, {5.0F, 2.0F, 3.0F}, {0.0F, 1.0F, 4.0F}});
  const auto labels = torch::tensor({1, 2, 2}, torch::kInt64);
  EXPECT_EQ(cross_entropy(logits, labels).num_correct.item<int64_t>(), 2);
  EXPECT_EQ(composite::cross_entropy(logits, labels).num_correct.item<int64_t>(), 2);
}

TEST(CrossEntropy, NoRowsGiveZeroLossAndAnEmptyGradient) {
  const auto logits = torch::zeros({0, 9}).requires_grad_(true);
  const auto result = cross_entropy(logits, torch::zeros({0}, torch::kInt64));
  EXPECT_EQ(result.loss_sum.item<float>(), 0.0F);
  EXPECT_EQ(result.num_correct.item<int64_t>(), 0);
  result.loss_sum.backward();
  EXPECT_EQ(logits.grad().size(0), 0);
}

// Three equal logits: the loss of a row is ln 3, its gradient 1/3 at the wrong classes.
TEST(CrossEntropy, AnIgnoredRowHasNoLossNoGradientAndIsNotCorrect) {
  const auto labels = torch::tensor({0, kIgnoredLabel, 2}, torch::kInt64);
  for (const bool fused : {true, false}) {
    auto logits = torch::zeros({3, 3});
    logits.requires_grad_(true);
    const auto result = fused ? cross_entropy(logits, labels) : composite::cross_entropy(logits, labels);
    result.loss_sum.backward();
    EXPECT_NEAR(result.loss_sum.item<double>(), 2 * std::log(3.0), 1e-6);
    EXPECT_EQ(result.num_correct.item<int64_t>(), 1);
    EXPECT_TRUE(torch::equal(logits.grad()[1], torch::zeros({3})));
    EXPECT_NEAR(logits.grad()[2][0].item<double>(), 1.0 / 3, 1e-6);
  }
}

TEST(CrossEntropy, ALabelOutOfRangeIsAnError) {
  try {
    cross_entropy(torch::zeros({2, 3}), torch::tensor({0, 3}, torch::kInt64));
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), testing::HasSubstr("label 3 of row 1 is outside the model's 3 classes"));
  }
}

TEST(CrossEntropy, NaNStaysNaN) {
  const auto loss = cross_entropy(torch::full({1, 40}, NAN), torch::zeros({1}, torch::kInt64)).loss_sum;
  EXPECT_TRUE(std::isnan(loss.item<float>()));
}

}  // namespace
}  // namespace rpp
