#include "eval/significance.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "message_of.h"

namespace rpp {
namespace {

using Values = std::vector<double>;

TEST(SeedStatistics, UsesTheSampleStandardDeviation) {
  const SeedStatistics statistics = seed_statistics(Values{1, 2, 6});
  EXPECT_EQ(statistics.n, 3);
  EXPECT_DOUBLE_EQ(statistics.mean, 3);
  EXPECT_DOUBLE_EQ(statistics.sd, std::sqrt(7.0));  // (4 + 1 + 9) / 2
}

TEST(SeedStatistics, OneValueHasNoDeviation) {
  const SeedStatistics statistics = seed_statistics(Values{0.9});
  EXPECT_EQ(statistics.n, 1);
  EXPECT_EQ(statistics.mean, 0.9);
  EXPECT_EQ(statistics.sd, 0);
}

TEST(SeedStatistics, AnEmptyListIsRefused) {
  EXPECT_EQ(message_of([] { seed_statistics(Values{}); }), "no values: a mean needs at least one");
}

Interval interval_of(const Values& baseline, const Values& candidate, double example_variance = 0) {
  return difference_interval(seed_statistics(baseline), seed_statistics(candidate), example_variance);
}

// scipy 1.17.1: ttest_ind(candidate, baseline, equal_var=False).confidence_interval(0.95)
TEST(DifferenceInterval, WithoutExampleVarianceIsWelchs) {
  const struct {
    Values baseline, candidate;
    double low, high;
  } cases[] = {
      {{1, 2}, {4, 4.5}, -0.7092614150355319, 6.209261415035532},
      {{0.80, 0.81, 0.83}, {0.84, 0.85, 0.91}, -0.02792588931074856, 0.13459255597741526},
      {{0.9, 0.91, 0.92, 0.9, 0.89}, {0.88, 0.93}, -0.26921383817905176, 0.271213838179052},
  };
  for (const auto& [baseline, candidate, low, high] : cases) {
    const Interval interval = interval_of(baseline, candidate);
    EXPECT_NEAR(interval.low, low, 1e-11);
    EXPECT_NEAR(interval.high, high, 1e-11);
  }
}

// Welch's degrees of freedom are 4.07, from the five runs: scipy's stats.t.ppf(0.975, 2) * sqrt(v).
TEST(DifferenceInterval, TwoRunsAgainstManyHaveTheFreedomOfTwoAgainstTwo) {
  const Interval interval = interval_of({0.90, 0.94, 0.88, 0.91, 0.89}, {0.93, 0.932});
  EXPECT_NEAR(interval.low, -0.01750698591088569, 1e-11);
  EXPECT_NEAR(interval.high, 0.07150698591088596, 1e-11);
}

TEST(DifferenceInterval, WithoutSeedVarianceIsNormal) {
  const Interval interval = interval_of({0.8, 0.8}, {0.9, 0.9, 0.9}, 0.02 * 0.02);
  EXPECT_NEAR(interval.low, 0.1 - 0.03919927969080108, 1e-14);
  EXPECT_NEAR(interval.high, 0.1 + 0.03919927969080108, 1e-14);
}

TEST(DifferenceInterval, SquaredHalfWidthsOfSeedsAndExamplesAddUp) {
  const Interval interval = interval_of({0.80, 0.81, 0.83}, {0.84, 0.85, 0.91}, 0.0004);
  EXPECT_NEAR(interval.low, -0.03688664667662968, 1e-11);
  EXPECT_NEAR(interval.high, 0.14355331334329635, 1e-11);
}

TEST(DifferenceInterval, ConstantScoresGiveAPoint) {
  const Interval interval = interval_of({0.5, 0.5}, {0.75, 0.75});
  EXPECT_EQ(interval.low, 0.25);
  EXPECT_EQ(interval.high, 0.25);
}

TEST(DifferenceInterval, NeedsTwoValuesASide) {
  EXPECT_EQ(message_of([] {
              interval_of({1, 2}, {1});
            }),
            "2 and 1 values: the variance between seeds needs two a side");
}

struct KnownP {
  int64_t b, c;
  double p;
};

// scipy 1.17.1: binomtest(b, b + c, 0.5).pvalue
TEST(McNemar, EqualsScipysBinomialTest) {
  const KnownP cases[] = {
      {0, 0, 1},
      {1, 0, 1},
      {0, 3, 0.25},
      {0, 6, 0.03125},
      {1, 8, 0.0390625},
      {2, 10, 0.03857421875},
      {4, 11, 0.11846923828124999},
      {2, 22, 3.5881996154785156e-05},
      {6, 18, 0.022655844688415527},
      {11, 13, 0.8388197422027588},
      {12, 12, 1},
      {6, 19, 0.01463329792022705},
      {12, 13, 1},
      {7, 30, 0.00019107642583549023},
      {30, 55, 0.008836205876094518},
      {121, 59, 4.4344492637551645e-06},
      {0, 25, 5.960464477539063e-08},
      {24, 26, 0.887724827340783},
      {100, 101, 1},
      {900, 1100, 8.45708953550381e-06},
      {300, 700, 1.7665678007949568e-37},
      {0, 400, 7.745183829698637e-121},
  };
  for (const KnownP& c : cases) {
    EXPECT_NEAR(mcnemar(c.b, c.c).p, c.p, 1e-11 * c.p) << c.b << ", " << c.c;
    EXPECT_EQ(mcnemar(c.c, c.b).p, mcnemar(c.b, c.c).p) << c.b << ", " << c.c;
  }
}

TEST(McNemar, EqualDisagreementsHavePValueOne) {
  for (const int64_t count : {0, 1, 12, 13, 5000}) EXPECT_EQ(mcnemar(count, count).p, 1) << count;
}

TEST(McNemar, CountsExamplesWhereOnlyOneModelIsRight) {
  const Values labels = {0, 1, 2, 0, 1, 2, 1};
  const Values a = {0, 1, 0, 0, 0, 2, 0};  // correct: 0, 1, 3, 5
  const Values b = {0, 0, 0, 1, 1, 0, 2};  // correct: 0, 4
  const McNemar test = mcnemar(a, b, labels);
  EXPECT_EQ(test.b, 3);
  EXPECT_EQ(test.c, 1);
  EXPECT_DOUBLE_EQ(test.p, 0.625);  // 2 * (1 + 4) / 16
}

TEST(McNemar, WrongSizesAreRefused) {
  EXPECT_EQ(message_of([] {
              mcnemar(Values{1}, Values{1, 0}, Values{1, 0});
            }),
            "1 and 2 predictions for 2 labels: the numbers must be equal");
}

}  // namespace
}  // namespace rpp
