#include "tasks/connect_ranks.h"

#include <gtest/gtest.h>

#include "bert_format/model_config.h"
#include "dist/thread_ranks.h"
#include "message_of.h"

namespace rpp::test {
namespace {

// Of check_ranks for this number of ranks.
std::string message(int64_t num_ranks, int64_t batch_size, const DistConfig& dist) {
  ThreadBoard board(num_ranks);
  const ThreadRank ranks(board, 0);
  const Bert model({.vocab_size = 20,
                    .hidden_size = 8,
                    .num_hidden_layers = 1,
                    .num_attention_heads = 2,
                    .intermediate_size = 12,
                    .max_position_embeddings = 8},
                   {});
  TrainConfig train;
  train.batch_size = batch_size;
  return message_of([&] { check_ranks(ranks, model, train, dist); });
}

TEST(CheckRanks, EachRankNeedsASequence) {
  EXPECT_EQ(message(3, 2, {}),
            "train.batch_size is 2, but there are 3 ranks: each needs one sequence at least");
  EXPECT_EQ(message(3, 3, {}), "no error");
  EXPECT_EQ(message(1, 1, {}), "no error");
}

TEST(CheckRanks, DeterministicRanksDivideTheVirtualRanks) {
  const DistConfig dist{.deterministic = true, .virtual_ranks = 4};
  for (const int64_t size : {1, 2, 4}) EXPECT_EQ(message(size, 8, dist), "no error") << size;
  EXPECT_EQ(
      message(3, 8, dist),
      "dist.deterministic is true, but 3 ranks do not divide dist.virtual_ranks 4: start a power of two of "
      "them, at most 4");
  EXPECT_NE(message(8, 8, dist), "no error");
  EXPECT_EQ(message(3, 8, {.deterministic = false, .virtual_ranks = 4}), "no error");
}

}  // namespace
}  // namespace rpp::test
