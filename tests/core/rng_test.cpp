#include "core/rng.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <numeric>

namespace rpp {
namespace {

TEST(Rng, SameKeyGivesTheSameStream) {
  Rng a(mix_key(42, 7, 3)), b(mix_key(42, 7, 3));
  for (int i = 0; i < 100; ++i) EXPECT_EQ(a.next_u64(), b.next_u64());
}

TEST(Rng, TheKeyDependsOnEveryWordAndTheirOrder) {
  EXPECT_NE(mix_key(1, 2, 3), mix_key(1, 3, 2));
  EXPECT_NE(mix_key(1, 2, 3), mix_key(2, 2, 3));
  EXPECT_NE(mix_key(1, 2), mix_key(1, 2, 0));
}

TEST(Rng, MatchesSplitMix64sPublishedFirstValue) {
  EXPECT_EQ(Rng(0).next_u64(), 0xe220a8397b1dcdafULL);
}

TEST(Rng, BelowIsUniform) {
  Rng rng(1);
  std::array<int, 5> counts{};
  for (int i = 0; i < 50000; ++i) ++counts[rng.below(5)];
  for (const int count : counts) EXPECT_NEAR(count, 10000, 450);  // five standard deviations
}

// For a bound near 2^64, drawing without rejection would return some numbers twice as often as others.
TEST(Rng, BelowIsUniformForLargeBounds) {
  Rng rng(3);
  std::array<int, 3> counts{};
  for (int i = 0; i < 30000; ++i) ++counts[rng.below(uint64_t{3} << 62) % 3];
  for (const int count : counts) EXPECT_NEAR(count, 10000, 450);
}

TEST(Rng, NormalHasMeanZeroAndVarianceOne) {
  Rng rng(2);
  double sum = 0, squares = 0;
  for (int i = 0; i < 100000; ++i) {
    const double value = rng.normal();
    sum += value;
    squares += value * value;
  }
  EXPECT_NEAR(sum / 100000, 0.0, 0.016);
  EXPECT_NEAR(squares / 100000, 1.0, 0.025);
}

TEST(Rng, ShuffleIsAPermutation) {
  std::array<int, 100> values{};
  std::iota(values.begin(), values.end(), 0);
  auto shuffled = values;
  Rng(3).shuffle(std::span<int>(shuffled));
  EXPECT_NE(shuffled, values);
  std::sort(shuffled.begin(), shuffled.end());
  EXPECT_EQ(shuffled, values);
}

}  // namespace
}  // namespace rpp
