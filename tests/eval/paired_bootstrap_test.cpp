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
  const auto better = compare_accuracy({kZeros, kZeros}, {kOnes, kOnes}, kOnes);
  EXPECT_EQ(better.interval.low, 1);
  EXPECT_EQ(better.interval.high, 1);
  EXPECT_EQ(better.verdict, Verdict::better);
  EXPECT_EQ(compare_accuracy({kOnes, kOnes}, {kZeros, kZeros}, kOnes).verdict, Verdict::worse);
}

TEST(CompareRuns, EqualRunsAreWithinNoise) {
  const Values run = some_predictions(kOnes, 3, 1);
  const auto result = compare_accuracy({run, run, run}, {run, run}, kOnes);
  EXPECT_NEAR(result.interval.low, 0, 1e-15);
  EXPECT_NEAR(result.interval.high, 0, 1e-15);
  EXPECT_EQ(result.verdict, Verdict::within_noise);
}

TEST(CompareRuns, OneRunASideGivesNoVerdict) {
  EXPECT_EQ(compare_accuracy({kZeros}, {kOnes}, kOnes).verdict, Verdict::examples_only);
  EXPECT_EQ(compare_accuracy({kZeros}, {kOnes, kOnes}, kOnes).verdict, Verdict::examples_only);
  EXPECT_EQ(compare_accuracy({kZeros, kZeros}, {kOnes}, kOnes).verdict, Verdict::examples_only);
}

// scipy 1.17.1: ttest_ind([1, 1, 0], [0, 1], equal_var=False).confidence_interval(0.95)
TEST(CompareRuns, IfOnlySeedsVaryTheIntervalIsWelchs) {
  const auto result = compare_accuracy({kZeros, kOnes}, {kOnes, kOnes, kZeros}, kOnes);
  EXPECT_NEAR(result.interval.low, -2.5554439200246124, 1e-11);
  EXPECT_NEAR(result.interval.high, 2.8887772533579454, 1e-11);
  EXPECT_EQ(result.verdict, Verdict::within_noise);
}

constexpr size_t kMany = 1000;

// Correct except in `count` examples from `first` on.
Values wrong_in(size_t first, size_t count) {
  Values predictions(kMany, 1);
  std::fill_n(predictions.begin() + static_cast<std::ptrdiff_t>(first), count, 0);
  return predictions;
}

double half_width(const MetricComparison& comparison) {
  return (comparison.interval.high - comparison.interval.low) / 2;
}

// 1000 examples: 500 correct in both, 100 only in the baseline, 150 only in the candidate. The difference
// 0.05 has the standard error sqrt((0.25 - 0.05^2) / 1000), a quarter less than for two independent samples.
TEST(CompareRuns, TheIntervalUsesPairedExamples) {
  const Values labels(kMany, 1);
  const Values baseline = wrong_in(600, 400);
  Values candidate = wrong_in(500, 500);
  std::fill_n(candidate.begin() + 600, 150, 1);
  const auto one_run = compare_accuracy({baseline}, {candidate}, labels, {.resamples = 20000});
  const auto two_runs =
      compare_accuracy({baseline, baseline}, {candidate, candidate}, labels, {.resamples = 20000});
  for (const auto& result : {one_run, two_runs}) {
    EXPECT_NEAR(result.difference, 0.05, 1e-15);
    EXPECT_NEAR(result.interval.low, 0.05 - 1.96 * 0.01573, 0.001);
    EXPECT_NEAR(result.interval.high, 0.05 + 1.96 * 0.01573, 0.001);
  }
  EXPECT_EQ(one_run.verdict, Verdict::examples_only);
  EXPECT_EQ(two_runs.verdict, Verdict::better);
}

// Every run is wrong in 100 examples of its own. This is variance between runs, which the scores show (here
// by chance none), and no variance of the examples. With it the half-width would be 1.96 * 0.01.
TEST(CompareRuns, ErrorsOfSingleRunsDoNotCountAsVarianceOverExamples) {
  const Values labels(kMany, 1);
  const Runs baseline = {wrong_in(0, 100), wrong_in(100, 100)};
  const Runs candidate = {wrong_in(200, 100), wrong_in(300, 100)};
  EXPECT_LT(half_width(compare_accuracy(baseline, candidate, labels, {.resamples = 20000})), 0.004);
}

MetricComparison compare_with_models(const Runs& baseline, const std::vector<std::string>& baseline_models,
                                     const Runs& candidate) {
  return compare_runs(kAccuracy, {baseline, candidate, kOnes, baseline_models}).at("accuracy");
}

TEST(CompareRuns, RunsOfOneModelCountAsOneValue) {
  const auto result =
      compare_with_models({kOnes, kZeros, kOnes, kOnes}, {"a", "b", "b", "b"}, {kOnes, kZeros});
  EXPECT_EQ(result.baseline.n, 2);
  EXPECT_DOUBLE_EQ(result.baseline.mean, (1 + 2.0 / 3) / 2);
  EXPECT_DOUBLE_EQ(result.baseline.sd, std::sqrt(2.0) / 6);
  EXPECT_EQ(result.candidate.n, 2);
}

TEST(CompareRuns, RunsOfASingleModelGiveNoVerdict) {
  const auto one = compare_with_models({kZeros, kZeros, kZeros}, {"a", "a", "a"}, {kOnes, kOnes});
  EXPECT_EQ(one.baseline.n, 1);
  EXPECT_EQ(one.verdict, Verdict::examples_only);
}

TEST(CompareRuns, RunsWithoutAModelCountEachForItself) {
  EXPECT_EQ(compare_with_models({kZeros, kZeros, kOnes}, {"", "", "a"}, {kOnes}).baseline.n, 3);
  EXPECT_EQ(message_of([] {
              compare_with_models({kZeros, kZeros}, {"a"}, {kOnes});
            }),
            "1 models for 2 runs: name one for each run");
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
  EXPECT_NEAR(result.at("spearman").interval.low, sorted[0] + 0.25 * (sorted[1] - sorted[0]), 1e-14);
  EXPECT_NEAR(result.at("spearman").interval.high, sorted[10] - 0.25 * (sorted[10] - sorted[9]), 1e-14);
  EXPECT_NE(sorted[0], sorted[1]);
}

TEST(CompareRuns, SeveralMetricsComeWithTheirMean) {
  const std::vector<std::string> names = {"accuracy", "f1", "combined_score"};
  const Runs baseline = {kZeros}, candidate = {kOnes};
  const auto results = compare_runs(names, {baseline, candidate, kOnes});
  EXPECT_EQ(results.size(), 3U);
  EXPECT_EQ(results.at("f1").difference, 1);
  EXPECT_EQ(results.at("combined_score").interval.low, 1);
}

TEST(CompareRuns, DependsOnTheSeedAndNotOnTheThreads) {
  const Values labels(101, 1);
  const Runs baseline = {some_predictions(labels, 4, 1), some_predictions(labels, 4, 2)};
  const Runs candidate = {some_predictions(labels, 6, 1)};
  const auto one = compare_accuracy(baseline, candidate, labels, {.num_threads = 1});
  const auto three = compare_accuracy(baseline, candidate, labels, {.num_threads = 3});
  EXPECT_EQ(one.interval.low, three.interval.low);
  EXPECT_EQ(one.interval.high, three.interval.high);
  const auto other = compare_accuracy(baseline, candidate, labels, {.resamples = 100, .seed = 2});
  EXPECT_NE(other.interval.low,
            compare_accuracy(baseline, candidate, labels, {.resamples = 100, .seed = 3}).interval.low);
}

TEST(CompareRuns, IntervalsOverExamplesMissTheTruthInFivePercent) {
  const Values labels(200, 1);
  int missed = 0;
  for (uint64_t data = 0; data < 400; ++data) {
    const Runs baseline = {some_predictions(labels, 5, 2 * data)};
    const Runs candidate = {some_predictions(labels, 5, 2 * data + 1)};
    const auto result = compare_accuracy(baseline, candidate, labels, {.resamples = 400});
    missed += verdict_of(result.interval) != Verdict::within_noise;
  }
  EXPECT_GE(missed, 10);  // 20 +- 4.4
  EXPECT_LE(missed, 33);
}

TEST(Verdict, NeedsTheWholeIntervalOnOneSideOfZero) {
  EXPECT_EQ(verdict_of({0.001, 0.02}), Verdict::better);
  EXPECT_EQ(verdict_of({-0.02, -0.001}), Verdict::worse);
  EXPECT_EQ(verdict_of({-0.01, 0.02}), Verdict::within_noise);
  EXPECT_EQ(verdict_of({0, 0.02}), Verdict::within_noise);
  EXPECT_EQ(verdict_of({-0.02, 0}), Verdict::within_noise);
  EXPECT_EQ(verdict_of({1e-16, 0.02}), Verdict::within_noise);  // zero, up to the rounding of a sum
  EXPECT_EQ(verdict_of({-0.02, -1e-16}), Verdict::within_noise);
  EXPECT_EQ(verdict_name(Verdict::better), "better");
  EXPECT_EQ(verdict_name(Verdict::worse), "worse");
  EXPECT_EQ(verdict_name(Verdict::within_noise), "within noise");
  EXPECT_EQ(verdict_name(Verdict::examples_only), "examples only");
}

TEST(CompareValues, TheIntervalIsWelchs) {
  // scipy.stats.ttest_ind(candidate, baseline, equal_var=False).confidence_interval()
  const std::vector<double> baseline = {0.331, 0.334, 0.330}, candidate = {0.339, 0.338, 0.342};
  const MetricComparison comparison = compare_values(baseline, candidate);
  EXPECT_NEAR(comparison.difference, 0.008, 1e-12);
  EXPECT_NEAR(comparison.interval.low, 0.008 - 2.7764451 * std::sqrt(2 * 4.3333333e-6 / 3), 1e-8);
  EXPECT_NEAR(comparison.interval.high, 0.008 + 2.7764451 * std::sqrt(2 * 4.3333333e-6 / 3), 1e-8);
  EXPECT_EQ(comparison.verdict, Verdict::better);
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
  EXPECT_EQ(message_of([] { compare_accuracy({kOnes}, {kOnes}, kOnes, {.resamples = 1}); }),
            "1 resamples: the bootstrap needs at least two");
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
