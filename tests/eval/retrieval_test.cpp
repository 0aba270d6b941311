#include "eval/retrieval.h"

#include <gtest/gtest.h>

#include <vector>

#include "rpp/error.h"

namespace rpp {
namespace {

TEST(Retrieval, ReciprocalRanksCountUpToTen) {
  const std::vector<int64_t> ranks = {1, 2, 10, 11};
  const auto metrics = retrieval_metrics(ranks);
  EXPECT_DOUBLE_EQ(metrics.at("mrr_10"), (1 + 0.5 + 0.1) / 4);
  EXPECT_DOUBLE_EQ(metrics.at("recall_1"), 0.25);
  EXPECT_DOUBLE_EQ(metrics.at("recall_10"), 0.75);
}

TEST(Retrieval, WithoutQueriesThereIsNoScore) {
  EXPECT_THROW(retrieval_metrics({}), Error);
}

TEST(RankOf, IsOneAndTheNumberOfLargerScores) {
  const std::vector<float> scores = {0.1F, 0.9F, 0.5F, 0.7F};
  EXPECT_EQ(rank_of(scores, 1), 1);
  EXPECT_EQ(rank_of(scores, 2), 3);
  EXPECT_EQ(rank_of(scores, 0), 4);
}

// A model that gives every text the same vector is in the middle, not first.
TEST(RankOf, EqualScoresCountByHalves) {
  const std::vector<float> scores(21, 1.0F);
  EXPECT_EQ(rank_of(scores, 0), 11);
  EXPECT_EQ(rank_of(scores, 20), 11);
}

}  // namespace
}  // namespace rpp
