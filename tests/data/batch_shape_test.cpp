#include "data/batch_shape.h"

#include <gtest/gtest.h>

#include "core/ignored_label.h"
#include "message_of.h"

namespace rpp {
namespace {

using Ids = std::vector<int32_t>;

// Sequences of three and two tokens with one prediction each.
PackedBatch small_batch() {
  return {.input_ids = {2, 9, 3, 2, 8},
          .token_type_ids = {0, 0, 1, 0, 1},
          .position_ids = {0, 1, 2, 0, 1},
          .cu_seqlens = {0, 3, 5},
          .mlm_positions = {1, 4},
          .mlm_labels = {7, 6},
          .labels = {0, 1}};
}

TEST(FillUp, FillerFollowsTheRealTokens) {
  const auto batch = fill_up(small_batch(), {.sequences = 2, .max_seq_length = 4, .predictions = 3});
  EXPECT_EQ(batch.input_ids, Ids({2, 9, 3, 2, 8, 0, 0, 0}));
  EXPECT_EQ(batch.token_type_ids, Ids({0, 0, 1, 0, 1, 0, 0, 0}));
  EXPECT_EQ(batch.position_ids, Ids({0, 1, 2, 0, 1, 0, 1, 2}));
  EXPECT_EQ(batch.cu_seqlens, Ids({0, 3, 5, 8, 8}));
  EXPECT_EQ(batch.mlm_positions, Ids({1, 4, 2}));
  EXPECT_EQ(batch.mlm_labels, Ids({7, 6, kIgnoredLabel}));
  EXPECT_EQ(batch.labels, Ids({0, 1}));
}

TEST(FillUp, NoFillerSequenceIsLongerThanTheLongestReal) {
  const auto batch = fill_up(small_batch(), {.sequences = 2, .max_seq_length = 5, .predictions = 12});
  EXPECT_EQ(batch.cu_seqlens, Ids({0, 3, 5, 10, 10}));
  EXPECT_EQ(batch.position_ids, Ids({0, 1, 2, 0, 1, 0, 1, 2, 3, 4}));
  EXPECT_EQ(batch.mlm_positions, Ids({1, 4, 2, 3, 4, 5, 6, 7, 8, 9, 0, 1}));
}

TEST(FillUp, AFullBatchGetsOnlyEmptySequences) {
  auto batch = small_batch();
  batch = fill_up(batch, {.sequences = 2, .max_seq_length = 4, .predictions = 2});
  batch.cu_seqlens = {0, 4, 8};
  const auto full = fill_up(batch, {.sequences = 2, .max_seq_length = 4, .predictions = 2});
  EXPECT_EQ(full.input_ids, batch.input_ids);
  EXPECT_EQ(full.cu_seqlens, Ids({0, 4, 8, 8, 8}));
  EXPECT_EQ(full.mlm_labels, batch.mlm_labels);
}

TEST(FillUp, ABatchThatDoesNotFitIsAnError) {
  EXPECT_EQ(
      message_of([] { fill_up(small_batch(), {.sequences = 2, .max_seq_length = 2, .predictions = 9}); }),
      "a batch of 2 sequences, 5 tokens and 2 predictions does not fit into 2, 4 and 9");
  EXPECT_EQ(
      message_of([] { fill_up(small_batch(), {.sequences = 3, .max_seq_length = 4, .predictions = 9}); }),
      "a batch of 2 sequences, 5 tokens and 2 predictions does not fit into 3, 12 and 9");
}

}  // namespace
}  // namespace rpp
