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

struct KnownP {
  int64_t b, c;
  double p;
};

TEST(McNemar, EqualsStatsmodels) {  // statsmodels 0.15.0, mcnemar(exact=b + c < 25, correction=True)
  const KnownP cases[] = {
      {0, 0, 1},
      {1, 0, 1},
      {0, 6, 0.03125},
      {2, 10, 0.03857421875},
      {3, 9, 0.14599609375},
      {12, 12, 1},
      {6, 18, 0.022655844688415527},  // the last exact p-value
      {6, 19, 0.01639507184919225},   // the first from chi-squared
      {12, 13, 1},
      {7, 30, 0.0002982932471420178},
      {30, 55, 0.009236735486806593},
      {121, 59, 5.450094825427117e-06},
  };
  for (const KnownP& c : cases) {
    EXPECT_NEAR(mcnemar(c.b, c.c).p, c.p, 1e-13 + 1e-9 * c.p) << c.b << ", " << c.c;
    EXPECT_EQ(mcnemar(c.c, c.b).p, mcnemar(c.b, c.c).p) << c.b << ", " << c.c;
  }
}

// scipy 1.17.1: binomtest(b, b + c, 0.5).pvalue below 25, else chi2.sf((|b - c| - 1) ** 2 / (b + c), 1).
TEST(McNemar, EqualsScipyFarIntoTheTails) {
  const KnownP cases[] = {
      {0, 3, 0.25},
      {1, 8, 0.0390625},
      {4, 11, 0.11846923828124999},
      {2, 22, 3.5881996154785156e-05},
      {5, 19, 0.006610751152038574},
      {11, 13, 0.8388197422027588},
      {0, 25, 1.5866563039511885e-06},
      {24, 26, 0.887537083981715},
      {40, 80, 0.0003705772147145869},
      {100, 101, 1},
      {900, 1100, 8.596018738181874e-06},
      {300, 700, 1.6913086229518105e-36},
      {0, 400, 1.4988838490704967e-88},
  };
  for (const KnownP& c : cases) EXPECT_NEAR(mcnemar(c.b, c.c).p, c.p, 1e-12 * c.p) << c.b << ", " << c.c;
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
