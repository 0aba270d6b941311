#include "rpp/bench/random_rows.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

namespace rpp {
namespace {

TEST(RandomRows, HaveTheLengthsAskedForAndSoManyPredictionsEach) {
  const auto batch = random_rows({}, {.lengths = {128, 1, 40}}, 7);
  EXPECT_EQ(batch.cu_seqlens, (std::vector<int32_t>{0, 128, 129, 169}));
  EXPECT_EQ(batch.num_tokens(), 169);
  EXPECT_EQ(batch.mlm_positions.size(), 19U + 1U + 6U);  // 15 %, rounded, at least one
  EXPECT_EQ(batch.mlm_labels.size(), batch.mlm_positions.size());
  EXPECT_EQ(batch.labels, (std::vector<int32_t>{0, 1, 0}));
}

TEST(RandomRows, PredictEachPositionOnceInItsOwnRow) {
  const auto batch = random_rows({}, {.lengths = {20, 20}, .mask_prob = 1.0}, 7);
  const std::set<int32_t> positions(batch.mlm_positions.begin(), batch.mlm_positions.end());
  EXPECT_EQ(positions.size(), 40U);
  EXPECT_EQ(*std::max_element(batch.mlm_positions.begin(), batch.mlm_positions.begin() + 20), 19);
}

TEST(RandomRows, IdsAreOfTheVocabularyAndFollowTheSeed) {
  ModelConfig model;
  model.vocab_size = 11;
  const auto batch = random_rows(model, {}, 7);
  EXPECT_EQ(*std::max_element(batch.input_ids.begin(), batch.input_ids.end()), 10);
  EXPECT_EQ(random_rows(model, {}, 7).input_ids, batch.input_ids);
  EXPECT_NE(random_rows(model, {}, 8).input_ids, batch.input_ids);
}

}  // namespace
}  // namespace rpp
