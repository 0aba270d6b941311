#include "analysis/overlap.h"

#include <gtest/gtest.h>

#include <random>

#include "rpp/error.h"

namespace rpp {
namespace {

const std::vector<FlatMatrix> kMatrices = {{"query", 0, 2, 4}, {"key", 8, 1, 4}};

using Mask = std::vector<uint8_t>;

Mask random_mask(size_t size, double share_kept, uint32_t seed) {
  std::mt19937 random(seed);
  std::bernoulli_distribution keep(share_kept);
  Mask mask(size);
  for (uint8_t& entry : mask) entry = keep(random);
  return mask;
}

TEST(PrunedOverlap, CountsEntriesThatBothPrune) {
  const auto a = Mask({0, 0, 0, 0, 1, 1, 1, 1, /*key*/ 1, 1, 1, 1});
  const auto b = Mask({1, 1, 0, 0, 0, 0, 1, 1, /*key*/ 0, 1, 1, 1});
  const auto rows = pruned_overlap(a, b, kMatrices);
  ASSERT_EQ(rows.size(), 2U);
  EXPECT_EQ(rows[0].zeros_a, 4);
  EXPECT_EQ(rows[0].zeros_b, 4);
  EXPECT_EQ(rows[0].zeros_both, 2);
  EXPECT_DOUBLE_EQ(rows[0].jaccard(), 2.0 / 6);
  EXPECT_DOUBLE_EQ(rows[0].chance_jaccard(), 2.0 / 6);  // two halves overlap in a quarter by chance
  EXPECT_DOUBLE_EQ(rows[1].jaccard(), 0.0);
}

TEST(PrunedOverlap, EqualMasksHaveJaccardOneIncludingEmptyMasks) {
  const auto some = Mask({0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1});
  EXPECT_DOUBLE_EQ(total_overlap(pruned_overlap(some, some, kMatrices)).jaccard(), 1.0);
  const auto none = Mask(12, 1);
  EXPECT_DOUBLE_EQ(total_overlap(pruned_overlap(none, none, kMatrices)).jaccard(), 1.0);
}

TEST(PrunedOverlap, IndependentMasksOverlapByChance) {
  const std::vector<FlatMatrix> large = {{"w", 0, 400, 500}};
  const auto a = random_mask(200000, 0.4, 3);
  const auto b = random_mask(200000, 0.7, 4);
  const auto total = total_overlap(pruned_overlap(a, b, large));
  EXPECT_NEAR(total.jaccard(), total.chance_jaccard(), 0.005);
  EXPECT_NEAR(total.chance_jaccard(), 0.18 / (0.6 + 0.3 - 0.18), 0.005);
}

// A fully pruned and a fully kept matrix overlap by more than their total ratio predicts.
TEST(PrunedOverlap, TheTotalExpectedOverlapUsesTheRatioOfEachMatrix) {
  const auto a = Mask({0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1});
  EXPECT_DOUBLE_EQ(total_overlap(pruned_overlap(a, a, kMatrices)).chance_jaccard(), 1.0);
}

TEST(PrunedOverlap, TheTableEndsInTheTotal) {
  const auto a = Mask({0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1});
  EXPECT_EQ(format_overlap(pruned_overlap(a, a, kMatrices)),
            "matrix       zeros A       zeros B       in both  Jaccard   chance\n"
            "query              4             4             4    1.000    0.333\n"
            "key                0             0             0    1.000    1.000\n"
            "all                4             4             4    1.000    0.333\n");
}

TEST(PrunedOverlap, MasksOfDifferentSizesAreRefused) {
  try {
    pruned_overlap(Mask(12, 1), Mask(8, 1), kMatrices);
    FAIL() << "accepted";
  } catch (const Error& error) {
    EXPECT_STREQ(error.what(), "the masks have 12 and 8 entries: are they of one architecture?");
  }
}

}  // namespace
}  // namespace rpp
