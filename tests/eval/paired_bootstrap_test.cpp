#include "eval/paired_bootstrap.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "core/rng.h"
#include "eval/metrics.h"
#include "message_of.h"

namespace rpp {
namespace {

using Values = std::vector<double>;
using Runs = std::vector<Values>;

const std::vector<std::string> kAccuracy = {"accuracy"};
const Values kOnes(40, 1);   // the labels; as predictions: all correct
const Values kZeros(40, 0);  // all wrong

MetricComparison compare_accuracy(const Runs& baseline, const Runs& candidate, const Values& labels,
                                  const BootstrapOptions& options = {}) {
  return compare_runs(kAccuracy, {baseline, candidate, labels}, options).at("accuracy");
}

// One wrong prediction in every `every`, at positions that depend on the seed.
Values some_predictions(const Values& labels, uint64_t every, uint64_t seed) {
  Rng rng(mix_key(seed, every));
  Values predictions = labels;
  for (double& value : predictions) {
    if (rng.below(every) == 0) value = 1 - value;
  }
  return predictions;
}

TEST(CompareRuns, ReportsMeanAndDeviationOfEachSide) {
  const auto result = compare_accuracy({kOnes, kZeros}, {kOnes}, kOnes);
  EXPECT_EQ(result.baseline.n, 2);
  EXPECT_EQ(result.baseline.mean, 0.5);
  EXPECT_DOUBLE_EQ(result.baseline.sd, std::sqrt(0.5));
  EXPECT_EQ(result.candidate.n, 1);
  EXPECT_EQ(result.candidate.mean, 1);
  EXPECT_EQ(result.difference, 0.5);
}

TEST(CompareRuns, AConstantDifferenceHasAZeroWidthInterval) {
  const auto better = compare_accuracy({kZeros}, {kOnes}, kOnes);
  EXPECT_EQ(better.low, 1);
  EXPECT_EQ(better.high, 1);
  EXPECT_EQ(better.verdict, Verdict::better);
  EXPECT_EQ(compare_accuracy({kOnes}, {kZeros}, kOnes).verdict, Verdict::worse);
}

TEST(CompareRuns, EqualRunsAreWithinNoiseForAnyNumberOfRuns) {
  const Values run = some_predictions(kOnes, 3, 1);
  const auto result = compare_accuracy({run, run, run}, {run}, kOnes);
  EXPECT_NEAR(result.low, 0, 1e-15);
  EXPECT_NEAR(result.high, 0, 1e-15);
  EXPECT_EQ(result.verdict, Verdict::within_noise);
}

// 1000 examples: 500 correct in both, 100 only in the baseline, 150 only in the candidate. The difference
// 0.05 has the standard error sqrt((0.25 - 0.05^2) / 1000), a quarter less than for two independent samples.
TEST(CompareRuns, TheIntervalUsesPairedExamples) {
  const Values labels(1000, 1);
  Values baseline(1000, 0), candidate(1000, 0);
  std::fill_n(baseline.begin(), 600, 1);
  std::fill_n(candidate.begin(), 500, 1);
  std::fill_n(candidate.begin() + 600, 150, 1);
  const auto result = compare_accuracy({baseline}, {candidate}, labels, {.resamples = 20000});
  EXPECT_NEAR(result.difference, 0.05, 1e-15);
  EXPECT_NEAR(result.low, 0.05 - 1.96 * 0.01573, 0.001);
  EXPECT_NEAR(result.high, 0.05 + 1.96 * 0.01573, 0.001);
  EXPECT_EQ(result.verdict, Verdict::better);
}

// The mean of two drawn runs, one correct and one wrong, is 0, 1/2 or 1; 0 and 1 have probability 1/4 each.
TEST(CompareRuns, SeedsAreResampledToo) {
  const auto candidate = compare_accuracy({kZeros}, {kOnes, kZeros}, kOnes);
  EXPECT_EQ(candidate.low, 0);
  EXPECT_EQ(candidate.high, 1);
  EXPECT_EQ(candidate.verdict, Verdict::within_noise);
  const auto baseline = compare_accuracy({kOnes, kZeros}, {kZeros}, kOnes);
  EXPECT_EQ(baseline.low, -1);
  EXPECT_EQ(baseline.high, 0);
}

TEST(CompareRuns, SeedsOfTheTwoSidesAreResampledIndependently) {
  const auto result = compare_accuracy({kOnes, kZeros}, {kOnes, kZeros}, kOnes);
  EXPECT_EQ(result.low, -1);
  EXPECT_EQ(result.high, 1);
}

// The reference implementation: resamples one run per side, value by value.
Values reference_differences(const Values& baseline, const Values& candidate, const Values& labels,
                             const BootstrapOptions& options) {
  const std::vector<std::string> names = {"spearman"};
  Values differences;
  for (int64_t resample = 0; resample < options.resamples; ++resample) {
    Rng rng(mix_key(options.seed, resample));
    Values drawn_baseline, drawn_candidate, drawn_labels;
    for (size_t i = 0; i < labels.size(); ++i) {
      const size_t example = rng.below(labels.size());
      drawn_baseline.push_back(baseline[example]);
      drawn_candidate.push_back(candidate[example]);
      drawn_labels.push_back(labels[example]);
    }
    differences.push_back(spearman(drawn_candidate, drawn_labels) - spearman(drawn_baseline, drawn_labels));
  }
  std::sort(differences.begin(), differences.end());
  return differences;
}

TEST(CompareRuns, EqualsTheReferenceImplementation) {
  const Values labels = {0, 1.5, 2, 3.25, 4, 4.5, 5}, baseline = {1, 1, 3, 2, 5, 3, 4};
  const Values candidate = {0, 2, 2.5, 3, 3.5, 5, 4};
  const BootstrapOptions options = {.resamples = 11, .seed = 7};
  const Values sorted = reference_differences(baseline, candidate, labels, options);
  const Runs baselines = {baseline}, candidates = {candidate};
  const auto result =
      compare_runs(std::vector<std::string>{"spearman"}, {baselines, candidates, labels}, options);
  // The 2.5 percentile of 11 values is a quarter of the way from the first to the second.
  EXPECT_NEAR(result.at("spearman").low, sorted[0] + 0.25 * (sorted[1] - sorted[0]), 1e-14);
  EXPECT_NEAR(result.at("spearman").high, sorted[10] - 0.25 * (sorted[10] - sorted[9]), 1e-14);
  EXPECT_NE(sorted[0], sorted[1]);
}

TEST(CompareRuns, SeveralMetricsComeWithTheirMean) {
  const std::vector<std::string> names = {"accuracy", "f1", "combined_score"};
  const Runs baseline = {kZeros}, candidate = {kOnes};
  const auto results = compare_runs(names, {baseline, candidate, kOnes});
  EXPECT_EQ(results.size(), 3U);
  EXPECT_EQ(results.at("f1").difference, 1);
  EXPECT_EQ(results.at("combined_score").low, 1);
}

TEST(CompareRuns, DependsOnTheSeedAndNotOnTheThreads) {
  const Values labels(101, 1);
  const Runs baseline = {some_predictions(labels, 4, 1), some_predictions(labels, 4, 2)};
  const Runs candidate = {some_predictions(labels, 6, 1)};
  const auto one = compare_accuracy(baseline, candidate, labels, {.num_threads = 1});
  const auto three = compare_accuracy(baseline, candidate, labels, {.num_threads = 3});
  EXPECT_EQ(one.low, three.low);
  EXPECT_EQ(one.high, three.high);
  const auto other = compare_accuracy(baseline, candidate, labels, {.resamples = 100, .seed = 2});
  EXPECT_NE(other.low, compare_accuracy(baseline, candidate, labels, {.resamples = 100, .seed = 3}).low);
}

TEST(CompareRuns, FalsePositiveRateIsFivePercent) {
  const Values labels(200, 1);
  int called_different = 0;
  for (uint64_t data = 0; data < 400; ++data) {
    const Runs baseline = {some_predictions(labels, 5, 2 * data)};
    const Runs candidate = {some_predictions(labels, 5, 2 * data + 1)};
    const auto result = compare_accuracy(baseline, candidate, labels, {.resamples = 400});
    called_different += result.verdict != Verdict::within_noise;
  }
  EXPECT_GE(called_different, 10);  // 20 +- 4.4
  EXPECT_LE(called_different, 33);
}

TEST(Verdict, NeedsTheWholeIntervalOnOneSideOfZero) {
  EXPECT_EQ(verdict_of(0.001, 0.02), Verdict::better);
  EXPECT_EQ(verdict_of(-0.02, -0.001), Verdict::worse);
  EXPECT_EQ(verdict_of(-0.01, 0.02), Verdict::within_noise);
  EXPECT_EQ(verdict_of(0, 0.02), Verdict::within_noise);
  EXPECT_EQ(verdict_of(-0.02, 0), Verdict::within_noise);
  EXPECT_EQ(verdict_of(1e-16, 0.02), Verdict::within_noise);  // zero, up to the rounding of a sum
  EXPECT_EQ(verdict_of(-0.02, -1e-16), Verdict::within_noise);
  EXPECT_EQ(verdict_name(Verdict::better), "better");
  EXPECT_EQ(verdict_name(Verdict::worse), "worse");
  EXPECT_EQ(verdict_name(Verdict::within_noise), "within noise");
}

TEST(CompareRuns, MissingOrUnequalRunsAreRefused) {
  EXPECT_EQ(message_of([] { compare_accuracy({}, {kOnes}, kOnes); }),
            "no run of the baseline: a comparison needs one a side");
  EXPECT_EQ(message_of([] { compare_accuracy({kOnes}, {}, kOnes); }),
            "no run of the candidate: a comparison needs one a side");
  EXPECT_EQ(message_of([] {
              compare_accuracy({kOnes}, {kOnes, {1, 0}}, kOnes);
            }),
            "2 predictions for 40 labels: the numbers must be equal");
  EXPECT_EQ(message_of([] { compare_accuracy({kOnes}, {kOnes}, kOnes, {.resamples = 0}); }),
            "0 resamples: the bootstrap needs at least one");
}

// Of three runs one is correct: with probability 3 * (1/3)^2 * (2/3) two of a mean of three draws are
// correct.
TEST(CompareRuns, RunsAreResampledUniformly) {
  for (size_t right = 0; right < 3; ++right) {
    Runs candidate(3, kZeros);
    candidate[right] = kOnes;
    int more_than_mean = 0, all = 0;
    for (uint64_t seed = 0; seed < 2000; ++seed) {
      const auto one = compare_accuracy({kZeros}, candidate, kOnes, {.resamples = 1, .seed = seed});
      more_than_mean += one.low > 0.5;
      all += one.low > 0.99;
    }
    EXPECT_NEAR(more_than_mean, 2000 * 7.0 / 27, 80) << right;  // four standard deviations
    EXPECT_NEAR(all, 2000 * 1.0 / 27, 34) << right;
  }
}

TEST(CompareRuns, BaselineRunsAreResampledUniformly) {
  for (size_t right = 0; right < 3; ++right) {
    Runs baseline(3, kZeros);
    baseline[right] = kOnes;
    double sum = 0;
    for (uint64_t seed = 0; seed < 2000; ++seed) {
      sum += compare_accuracy(baseline, {kZeros}, kOnes, {.resamples = 1, .seed = seed}).low;
    }
    EXPECT_NEAR(sum / 2000, -1.0 / 3, 0.025) << right;
  }
}

TEST(CompareRuns, APredictionThatIsNotFiniteIsAnError) {
  Values bad = kOnes;
  bad[3] = std::nan("");
  EXPECT_EQ(message_of([&] {
              compare_accuracy({kOnes}, {kZeros, bad}, kOnes);
            }),
            "value 3 of 40 is nan: a metric needs finite numbers; check the model's weights");
}

}  // namespace
}  // namespace rpp
