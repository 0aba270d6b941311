#include "eval/metrics.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cmath>

#include "message_of.h"

namespace rpp {
namespace {

using Classes = std::vector<int32_t>;
using Scores = std::vector<double>;

const Classes kPredictions = {1, 0, 1, 1, 0, 0, 1, 0, 1, 1};
const Classes kLabels = {1, 0, 0, 1, 0, 1, 1, 0, 1, 0};
const Scores kX = {0.5, 2.1, 2.1, 3.9, 4.4, 1.0, 5.2, 2.1};
const Scores kY = {0.0, 2.5, 1.8, 4.0, 4.0, 2.5, 5.0, 2.0};

TEST(Metrics, AccuracyIsTheFractionCorrect) {
  EXPECT_DOUBLE_EQ(accuracy(kPredictions, kLabels), 0.7);
}

TEST(Metrics, F1IsForClassOne) {
  EXPECT_DOUBLE_EQ(f1(kPredictions, kLabels), 8.0 / 11);  // TP 4, FP 2, FN 1
  EXPECT_EQ(f1(Classes{0, 0}, Classes{0, 0}), 0);
}

TEST(Metrics, MacroF1AveragesOverOccurringClasses) {  // scikit-learn 1.9.1, f1_score(average="macro")
  EXPECT_NEAR(macro_f1(Classes{0, 1, 2, 2, 1, 0, 2, 1, 0, 2}, Classes{0, 1, 2, 1, 1, 0, 0, 1, 2, 2}),
              0.6984126984126983, 1e-14);
  EXPECT_DOUBLE_EQ(macro_f1(Classes{0, 0, 3, 3}, Classes{0, 0, 0, 0}), 1.0 / 3);  // class 3 is never right
  EXPECT_DOUBLE_EQ(macro_f1(Classes{0, 0}, Classes{0, 1}), 1.0 / 3);  // class 1 is never predicted
  EXPECT_DOUBLE_EQ(macro_f1(Classes{2, 2}, Classes{2, 2}), 1);
}

TEST(Metrics, MatthewsEqualsScikitLearn) {  // scikit-learn 1.9.1, matthews_corrcoef
  EXPECT_NEAR(matthews(kPredictions, kLabels), 0.408248290463863, 1e-14);
  EXPECT_NEAR(matthews(Classes{0, 1, 2, 2, 1, 0, 2, 1, 0, 2}, Classes{0, 1, 2, 1, 1, 0, 0, 1, 2, 2}),
              0.5606060606060606, 1e-14);
}

TEST(Metrics, MatthewsIsOneForPerfectMinusOneForInverseAndZeroForConstant) {
  EXPECT_DOUBLE_EQ(matthews(Classes{0, 1, 1}, Classes{0, 1, 1}), 1);
  EXPECT_DOUBLE_EQ(matthews(Classes{1, 0, 0}, Classes{0, 1, 1}), -1);
  EXPECT_EQ(matthews(Classes{1, 1, 1}, Classes{0, 1, 1}), 0);
}

TEST(Metrics, CorrelationsEqualScipy) {  // scipy 1.17.1, pearsonr and spearmanr
  EXPECT_NEAR(pearson(kX, kY), 0.9213837722147654, 1e-14);
  EXPECT_NEAR(spearman(kX, kY), 0.8519167771102709, 1e-14);
}

TEST(Metrics, SpearmanDependsOnlyOnRanks) {
  EXPECT_DOUBLE_EQ(spearman(Scores{1, 2, 3, 4}, Scores{1, 10, 100, 1000}), 1);
  EXPECT_DOUBLE_EQ(spearman(Scores{1, 2, 3, 4}, Scores{4, 3, 2, 1}), -1);
}

TEST(Metrics, ConstantInputHasNoCorrelation) {
  EXPECT_EQ(pearson(Scores{2, 2, 2}, Scores{1, 2, 3}), 0);
  EXPECT_EQ(spearman(Scores{1, 2, 3}, Scores{5, 5, 5}), 0);
  EXPECT_EQ(pearson(Scores{0.1, 0.1, 0.1}, Scores{1, 2, 4}), 0);  // their mean is not exactly 0.1
}

TEST(Metrics, CorrelationNeverExceedsOneByRounding) {
  const Scores x = {1, 1, -2}, opposite = {-1, -1, 2};  // 6 / (sqrt(6) * sqrt(6)) exceeds 1 in doubles
  EXPECT_EQ(pearson(x, x), 1);
  EXPECT_EQ(pearson(x, opposite), -1);
}

TEST(Metrics, ALargeOffsetDoesNotDisturbTheCorrelation) {
  EXPECT_NEAR(pearson(Scores{1e6 + 1, 1e6 + 2, 1e6 + 4}, Scores{1, 2, 4}), 1, 1e-12);
}

TEST(GlueMetrics, TheCombinedScoreIsTheMeanOfTheOthers) {
  const Scores predictions = {1, 0, 1, 1}, labels = {1, 0, 0, 1};
  const auto values =
      glue_metrics(std::vector<std::string>{"accuracy", "f1", "combined_score"}, predictions, labels);
  EXPECT_DOUBLE_EQ(values.at("accuracy"), 0.75);
  EXPECT_DOUBLE_EQ(values.at("f1"), 0.8);
  EXPECT_DOUBLE_EQ(values.at("combined_score"), 0.775);
}

TEST(GlueMetrics, OnlyRequestedMetricsAreComputed) {
  EXPECT_EQ(glue_metrics(std::vector<std::string>{"pearson", "spearman"}, kX, kY).size(), 2U);
  EXPECT_EQ(message_of([] { glue_metrics(std::vector<std::string>{"combined_score"}, kX, kY); }),
            "combined_score needs other metrics to average");
}

TEST(GlueMetrics, AnUnknownNameSuggestsTheNearest) {
  EXPECT_EQ(message_of([] { glue_metrics(std::vector<std::string>{"acuracy"}, kX, kY); }),
            "unknown metric 'acuracy': did you mean 'accuracy'?");
}

TEST(Metrics, WrongSizesAreRefused) {
  EXPECT_EQ(message_of([] {
              accuracy(Classes{1}, Classes{1, 0});
            }),
            "1 predictions for 2 labels: the numbers must be equal");
  EXPECT_EQ(message_of([] { pearson(Scores{}, Scores{}); }), "no predictions: a metric needs at least one");
}

TEST(Metrics, ConstantInputOnEitherSideHasNoCorrelation) {
  EXPECT_EQ(matthews(Classes{0, 1, 1}, Classes{1, 1, 1}), 0);
  EXPECT_EQ(matthews(Classes{0, 0, 0}, Classes{0, 1, 1}), 0);
  EXPECT_EQ(pearson(Scores{1, 2, 3}, Scores{2, 2, 2}), 0);
  EXPECT_EQ(pearson(Scores{1, 2, 4}, Scores{0.1, 0.1, 0.1}), 0);
  EXPECT_EQ(spearman(Scores{5, 5, 5}, Scores{1, 2, 3}), 0);
}

TEST(Metrics, AValueThatIsNotFiniteIsAnError) {
  const double nan = std::nan(""), inf = INFINITY;
  for (const double bad : {nan, inf, -inf}) {
    const std::string message =
        fmt::format("value 1 of 3 is {}: a metric needs finite numbers; check the model's weights", bad);
    const Scores good = {1, 2, 3}, with_bad = {1, bad, 3};
    for (const auto* name : {"pearson", "spearman", "accuracy", "f1", "macro_f1", "matthews"}) {
      const std::vector<std::string> names = {name};
      EXPECT_EQ(message_of([&] { glue_metrics(names, with_bad, good); }), message) << name;
      EXPECT_EQ(message_of([&] { glue_metrics(names, good, with_bad); }), message) << name;
    }
    EXPECT_EQ(message_of([&] { pearson(with_bad, good); }), message);
    EXPECT_EQ(message_of([&] { spearman(good, with_bad); }), message);
    EXPECT_EQ(message_of([&] { spearman(with_bad, good); }), message);
  }
}

TEST(GlueMetrics, ScoresAreRoundedToTheNearestClass) {
  const Scores predictions = {0.4, 0.6, 1.4, 1.6, -0.6, -0.4}, labels = {0, 1, 1, 2, -1, 0};
  const Scores others = {1, 0, 2, 1, 0, -1};
  const std::vector<std::string> names = {"accuracy"};
  EXPECT_EQ(glue_metrics(names, predictions, labels).at("accuracy"), 1);
  EXPECT_EQ(glue_metrics(names, predictions, others).at("accuracy"), 0);
}

}  // namespace
}  // namespace rpp
