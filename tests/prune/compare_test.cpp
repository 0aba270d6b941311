#include "prune/compare.h"

#include <gtest/gtest.h>

#include "ops/torch.h"
#include "rpp/error.h"

namespace rpp {
namespace {

const std::vector<FlatMatrix> kMatrices = {{"query", 0, 2, 4}, {"key", 8, 1, 4}};

torch::Tensor mask(std::vector<int64_t> kept) {
  return torch::tensor(kept).to(torch::kUInt8);
}

TEST(PrunedOverlap, CountsEntriesThatBothPrune) {
  const auto a = mask({0, 0, 0, 0, 1, 1, 1, 1, /*key*/ 1, 1, 1, 1});
  const auto b = mask({1, 1, 0, 0, 0, 0, 1, 1, /*key*/ 0, 1, 1, 1});
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
  const auto some = mask({0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1});
  EXPECT_DOUBLE_EQ(total_overlap(pruned_overlap(some, some, kMatrices)).jaccard(), 1.0);
  const auto none = torch::ones({12}, torch::kUInt8);
  EXPECT_DOUBLE_EQ(total_overlap(pruned_overlap(none, none, kMatrices)).jaccard(), 1.0);
}

TEST(PrunedOverlap, IndependentMasksOverlapByChance) {
  torch::manual_seed(3);
  const std::vector<FlatMatrix> large = {{"w", 0, 400, 500}};
  const auto a = torch::rand({200000}).gt(0.6).to(torch::kUInt8);
  const auto b = torch::rand({200000}).gt(0.3).to(torch::kUInt8);
  const auto total = total_overlap(pruned_overlap(a, b, large));
  EXPECT_NEAR(total.jaccard(), total.chance_jaccard(), 0.005);
  EXPECT_NEAR(total.chance_jaccard(), 0.18 / (0.6 + 0.3 - 0.18), 0.005);
}

// A fully pruned and a fully kept matrix overlap by more than their total ratio predicts.
TEST(PrunedOverlap, TheTotalExpectedOverlapUsesTheRatioOfEachMatrix) {
  const auto a = mask({0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1});
  EXPECT_DOUBLE_EQ(total_overlap(pruned_overlap(a, a, kMatrices)).chance_jaccard(), 1.0);
}

TEST(PrunedOverlap, TheTableEndsInTheTotal) {
  const auto a = mask({0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1});
  EXPECT_EQ(format_overlap(pruned_overlap(a, a, kMatrices)),
            "matrix       zeros A       zeros B       in both  Jaccard   chance\n"
            "query              4             4             4    1.000    0.333\n"
            "key                0             0             0    1.000    1.000\n"
            "all                4             4             4    1.000    0.333\n");
}

TEST(PrunedOverlap, MasksOfDifferentSizesAreRefused) {
  try {
    pruned_overlap(torch::ones({12}, torch::kUInt8), torch::ones({8}, torch::kUInt8), kMatrices);
    FAIL() << "accepted";
  } catch (const Error& error) {
    EXPECT_STREQ(error.what(), "the masks have 12 and 8 entries: are they of one architecture?");
  }
}

}  // namespace
}  // namespace rpp
