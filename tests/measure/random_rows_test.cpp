#include "measure/random_rows.h"
#include "bert_format/model_config.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

namespace rpp {
namespace {

TEST(RandomRows, HaveTheRequestedLengthsAndNumberOfPredictions) {
  const auto batch = random_rows({}, {.lengths = {128, 1, 40}}, 7);
  EXPECT_EQ(batch.cu_seqlens, (std::vector<int32_t>{0, 128, 129, 169}));
  EXPECT_EQ(batch.num_tokens(), 169);
  EXPECT_EQ(batch.mlm_positions.size(), 19U + 1U + 6U);  // 15 %, rounded, at least one
  EXPECT_EQ(batch.mlm_labels.size(), batch.mlm_positions.size());
  EXPECT_EQ(batch.labels, (std::vector<int32_t>{0, 1, 0}));
}

TEST(RandomRows, PredictEachPositionOnceWithinItsRow) {
  const auto batch = random_rows({}, {.lengths = {20, 20}, .mask_prob = 1.0}, 7);
  const std::set<int32_t> positions(batch.mlm_positions.begin(), batch.mlm_positions.end());
  EXPECT_EQ(positions.size(), 40U);
  EXPECT_EQ(*std::max_element(batch.mlm_positions.begin(), batch.mlm_positions.begin() + 20), 19);
}

TEST(RandomRows, NaturalLengthsAreMostlyLongAndOtherwiseUniform) {
  const auto lengths = natural_lengths(1000, 128, 7);
  EXPECT_EQ(*std::max_element(lengths.begin(), lengths.end()), 128);
  EXPECT_LT(*std::min_element(lengths.begin(), lengths.end()), 20);
  const auto long_ones = std::count_if(lengths.begin(), lengths.end(), [](int64_t n) { return n >= 115; });
  EXPECT_NEAR(static_cast<double>(long_ones), 910, 40);  // 90 %, plus a tenth of the others
  EXPECT_NE(natural_lengths(1000, 128, 8), lengths);
}

TEST(RandomRows, IdsAreInTheVocabularyAndDependOnTheSeed) {
  ModelConfig model;
  model.vocab_size = 11;
  const auto batch = random_rows(model, {}, 7);
  EXPECT_EQ(*std::max_element(batch.input_ids.begin(), batch.input_ids.end()), 10);
  EXPECT_EQ(random_rows(model, {}, 7).input_ids, batch.input_ids);
  EXPECT_NE(random_rows(model, {}, 8).input_ids, batch.input_ids);
}

}  // namespace
}  // namespace rpp
