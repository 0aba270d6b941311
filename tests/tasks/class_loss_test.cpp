#include "tasks/class_loss.h"

#include <gtest/gtest.h>

#include "message_of.h"
#include "ops/torch.h"

namespace rpp::test {
namespace {

const std::vector<std::string> kLabels = {"entailment", "neutral", "contradiction"};

std::string refusal_of(const std::vector<std::string>& entries) {
  return message_of([&] { parse_class_weights(entries, kLabels); });
}

// By definition: -weight of the label * log p; with label smoothing e, (1 - e) * that + e / classes * the sum
// over classes of -weight * log p.
double by_hand(const torch::Tensor& logits, const std::vector<int64_t>& labels,
               const ClassLossOptions& options) {
  const auto log_p = torch::log_softmax(logits, 1);
  double sum = 0;
  for (size_t row = 0; row < labels.size(); ++row) {
    double target = 0, spread = 0;
    for (int64_t c = 0; c < logits.size(1); ++c) {
      const double weight = options.weights.empty() ? 1 : options.weights[static_cast<size_t>(c)];
      const double term = -weight * log_p[static_cast<int64_t>(row)][c].item<double>();
      if (c == labels[row]) target = term;
      spread += term;
    }
    sum += (1 - options.label_smoothing) * target +
           options.label_smoothing * spread / static_cast<double>(logits.size(1));
  }
  return sum;
}

TEST(ClassLoss, EqualsTheDefinitionWithEachOption) {
  const auto logits = torch::tensor({{1.0, -0.5, 0.3}, {0.2, 2.0, -1.0}, {0.0, 0.1, 0.4}});
  const std::vector<int64_t> labels = {0, 1, 1};
  const ClassLossOptions cases[] = {
      {}, {.label_smoothing = 0.1}, {.weights = {1, 3, 0.5}}, {.label_smoothing = 0.2, .weights = {2, 1, 0}}};
  for (const auto& options : cases) {
    const ClassLoss loss = class_loss(logits, torch::tensor(labels), options);
    EXPECT_NEAR(loss.sum.item<double>(), by_hand(logits, labels, options), 1e-6);
    EXPECT_EQ(loss.num_correct.item<int64_t>(), 2);
  }
}

TEST(ClassLoss, WeightsAreGivenByLabelAndDefaultToOne) {
  EXPECT_EQ(parse_class_weights({"contradiction=2.5", "entailment=0"}, kLabels),
            (std::vector<double>{0, 1, 2.5}));
  EXPECT_TRUE(parse_class_weights({}, kLabels).empty());
}

TEST(ClassLoss, WeightsThatDoNotFitAreRefused) {
  EXPECT_EQ(refusal_of({"neutrl=2"}),
            "class_weights: the task has no label 'neutrl': did you mean 'neutral'?");
  EXPECT_EQ(refusal_of({"neutral=2", "neutral=3"}), "class_weights: label 'neutral' has two weights");
  EXPECT_EQ(refusal_of({"neutral=0", "neutral=3"}), "class_weights: label 'neutral' has two weights");
  for (const char* entry : {"neutral", "neutral=", "neutral=x", "neutral=-1", "neutral=nan"}) {
    EXPECT_EQ(refusal_of({entry}),
              fmt::format("class_weights: '{}' must read label=weight with a weight of at least 0: "
                          "\"entailment=2\"",
                          entry));
  }
  EXPECT_EQ(message_of([] { parse_class_weights({"a=1"}, {}); }),
            "class_weights is set, but the task is a regression: it has no classes");
}

}  // namespace
}  // namespace rpp::test
