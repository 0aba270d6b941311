#include "data/sample_rows.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <string>

namespace rpp {
namespace {

using Rows = std::vector<int64_t>;

TEST(SampleRows, WithoutALimitAllRowsAreKept) {
  const Rows all = {0, 1, 2, 3};
  for (const int64_t limit : {0, 4, 5}) EXPECT_EQ(sample_rows(4, limit, 1), all) << limit;
  EXPECT_EQ(sample_rows(4, 3, 1).size(), 3U);
  EXPECT_TRUE(sample_rows(0, 3, 1).empty());
}

TEST(SampleRows, AreDistinctAndInFileOrder) {
  const Rows rows = sample_rows(1000, 100, 7);
  EXPECT_EQ(rows.size(), 100U);
  EXPECT_TRUE(std::ranges::is_sorted(rows));
  EXPECT_EQ(std::ranges::adjacent_find(rows), rows.end());
  EXPECT_GE(rows.front(), 0);
  EXPECT_LT(rows.back(), 1000);
}

TEST(SampleRows, EveryRowHasAnEqualChance) {
  int64_t sum = 0;
  for (uint64_t seed = 0; seed < 50; ++seed) {
    const Rows rows = sample_rows(1000, 20, seed);
    sum += std::accumulate(rows.begin(), rows.end(), int64_t{0});
  }
  EXPECT_NEAR(static_cast<double>(sum) / 1000, 499.5, 4 * 288.7 / std::sqrt(1000.0));  // four standard errors
}

TEST(SampleRows, AreAFunctionOfTheSeed) {
  EXPECT_EQ(sample_rows(1000, 20, 3), sample_rows(1000, 20, 3));
  EXPECT_NE(sample_rows(1000, 20, 3), sample_rows(1000, 20, 4));
}

TEST(SampleRows, ALargerSampleContainsTheSmaller) {
  const Rows small = sample_rows(1000, 20, 3), large = sample_rows(1000, 40, 3);
  EXPECT_TRUE(std::ranges::includes(large, small));
}

TEST(SampleRows, KeepSampleKeepsTheRowsThemselves) {
  std::vector<std::string> rows;
  for (int i = 0; i < 100; ++i) rows.push_back(std::to_string(i));
  keep_sample(rows, 10, 5);
  const Rows numbers = sample_rows(100, 10, 5);
  ASSERT_EQ(rows.size(), numbers.size());
  for (size_t i = 0; i < rows.size(); ++i) EXPECT_EQ(rows[i], std::to_string(numbers[i]));
}

}  // namespace
}  // namespace rpp
