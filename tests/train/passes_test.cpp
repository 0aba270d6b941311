#include "train/passes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace rpp::test {
namespace {

using testing::ElementsAre;

TEST(Passes, OneProcessTakesAllSamplesInMicroBatches) {
  const auto [passes, first_number] = passes_of_rank({.num_samples = 8, .per_pass = 3}, 0);
  EXPECT_THAT(passes, ElementsAre(Pass{0, 3}, Pass{3, 3}, Pass{6, 2}));
  EXPECT_EQ(first_number, 0);
}

TEST(Passes, RanksThatDivideThePassesEvenlyShareThoseOfOneProcess) {
  const PassPlan plan{.num_samples = 8, .per_pass = 2, .num_ranks = 2};
  EXPECT_THAT(passes_of_rank(plan, 0).passes, ElementsAre(Pass{0, 2}, Pass{2, 2}));
  EXPECT_THAT(passes_of_rank(plan, 1).passes, ElementsAre(Pass{4, 2}, Pass{6, 2}));
  EXPECT_EQ(passes_of_rank(plan, 1).first_number, 2);
}

// 7 samples on 3 ranks: 2, 2 and 3.
TEST(Passes, UnevenSharesCoverEverySampleOnce) {
  const PassPlan plan{.num_samples = 7, .per_pass = 2, .num_ranks = 3};
  EXPECT_THAT(passes_of_rank(plan, 0).passes, ElementsAre(Pass{0, 2}));
  EXPECT_THAT(passes_of_rank(plan, 1).passes, ElementsAre(Pass{2, 2}));
  EXPECT_THAT(passes_of_rank(plan, 2).passes, ElementsAre(Pass{4, 2}, Pass{6, 1}));
  EXPECT_EQ(passes_of_rank(plan, 2).first_number, 2);
}

TEST(Passes, ARankWithoutSamplesHasNoPasses) {
  const PassPlan plan{.num_samples = 1, .per_pass = 4, .num_ranks = 2};
  EXPECT_TRUE(passes_of_rank(plan, 0).passes.empty());
  EXPECT_THAT(passes_of_rank(plan, 1).passes, ElementsAre(Pass{0, 1}));
  EXPECT_EQ(passes_of_rank(plan, 1).first_number, 0);
}

TEST(Passes, WholePassesAreThoseOfOneProcess) {
  const PassPlan plan{.num_samples = 11, .per_pass = 2, .num_ranks = 4};  // six passes: 1, 2, 1 and 2
  EXPECT_THAT(whole_passes_of_rank(plan, 0), ElementsAre(Pass{0, 2}));
  EXPECT_THAT(whole_passes_of_rank(plan, 1), ElementsAre(Pass{2, 2}, Pass{4, 2}));
  EXPECT_THAT(whole_passes_of_rank(plan, 2), ElementsAre(Pass{6, 2}));
  EXPECT_THAT(whole_passes_of_rank(plan, 3), ElementsAre(Pass{8, 2}, Pass{10, 1}));
}

TEST(Passes, WithFewerWholePassesThanRanksSomeHaveNone) {
  const PassPlan plan{.num_samples = 3, .per_pass = 8, .num_ranks = 2};
  EXPECT_TRUE(whole_passes_of_rank(plan, 0).empty());
  EXPECT_THAT(whole_passes_of_rank(plan, 1), ElementsAre(Pass{0, 3}));
}

}  // namespace
}  // namespace rpp::test
