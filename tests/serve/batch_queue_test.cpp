#include "serve/batch_queue.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace rpp {
namespace {

using std::chrono::milliseconds;
using testing::ElementsAre;
using Time = BatchQueue::Time;

const Job::Output kLogits = std::nullopt;

std::shared_ptr<Job> job_of(const std::vector<size_t>& lengths, const Job::Output& output = kLogits) {
  std::vector<EncodedSequence> sequences;
  for (const size_t length : lengths) {
    sequences.push_back(
        {.input_ids = std::vector<int32_t>(length), .token_type_ids = std::vector<int32_t>(length)});
  }
  return std::make_shared<Job>(output, std::move(sequences));
}

std::vector<int64_t> lengths_of(const Batch& batch) {
  std::vector<int64_t> lengths;
  for (const QueuedSequence& item : batch) lengths.push_back(item.sequence().num_tokens());
  return lengths;
}

TEST(BatchQueue, ABatchHasTheOldestSequencesUpToItsTokens) {
  BatchQueue queue({.max_tokens = 10});
  queue.push(job_of({4, 5}), Time());
  queue.push(job_of({3, 2}), Time());
  EXPECT_THAT(lengths_of(queue.take(1)), ElementsAre(4, 5));
  EXPECT_THAT(lengths_of(queue.take(1)), ElementsAre(3, 2));
  EXPECT_TRUE(queue.empty());
}

TEST(BatchQueue, ALongSequenceIsABatchOfItsOwn) {
  BatchQueue queue({.max_tokens = 10});
  queue.push(job_of({11, 1}), Time());
  EXPECT_THAT(lengths_of(queue.take(1)), ElementsAre(11));
  EXPECT_THAT(lengths_of(queue.take(1)), ElementsAre(1));
}

TEST(BatchQueue, IdleSessionsShareTheSequences) {
  BatchQueue queue({.max_tokens = 100});
  queue.push(job_of({5, 5, 5, 5}), Time());
  EXPECT_THAT(lengths_of(queue.take(2)), ElementsAre(5, 5));
  EXPECT_THAT(lengths_of(queue.take(1)), ElementsAre(5, 5));
}

TEST(BatchQueue, DifferentOutputsAreDifferentBatches) {
  BatchQueue queue({.max_tokens = 100});
  queue.push(job_of({1}), Time());
  queue.push(job_of({2}, EmbeddingChoice{.dimensions = 8}), Time());
  queue.push(job_of({3}), Time());
  EXPECT_THAT(lengths_of(queue.take(1)), ElementsAre(1, 3));
  EXPECT_THAT(lengths_of(queue.take(1)), ElementsAre(2));
}

TEST(BatchQueue, TheLongestWaitingOutputComesFirst) {
  BatchQueue queue({.max_tokens = 4});
  queue.push(job_of({4, 4}), Time());
  queue.push(job_of({2}, EmbeddingChoice{.dimensions = 8}), Time());
  queue.push(job_of({1}), Time());
  EXPECT_THAT(lengths_of(queue.take(1)), ElementsAre(4));
  EXPECT_THAT(lengths_of(queue.take(1)), ElementsAre(4));
  EXPECT_THAT(lengths_of(queue.take(1)), ElementsAre(2));
  EXPECT_THAT(lengths_of(queue.take(1)), ElementsAre(1));
}

TEST(BatchQueue, WaitsForMoreOnlyWhileABatchIsNotFull) {
  BatchQueue queue({.max_tokens = 10, .max_wait = milliseconds(7)});
  EXPECT_EQ(queue.due(), std::nullopt);
  queue.push(job_of({4}), Time(milliseconds(100)));
  EXPECT_EQ(queue.due(), Time(milliseconds(107)));
  queue.push(job_of({6}), Time(milliseconds(105)));
  EXPECT_EQ(queue.due(), Time(milliseconds(100)));
}

TEST(BatchQueue, AtAShutdownNothingWaits) {
  BatchQueue queue({.max_tokens = 10, .max_wait = milliseconds(7)});
  queue.push(job_of({4}), Time(milliseconds(100)));
  queue.stop_waiting();
  EXPECT_EQ(queue.due(), Time(milliseconds(100)));
}

TEST(BatchQueue, IsFullAtItsTokensButAnEmptyOneTakesAnything) {
  BatchQueue queue({.max_tokens = 10, .max_queued_tokens = 20});
  EXPECT_TRUE(queue.push(job_of({30}), Time()));
  EXPECT_FALSE(queue.push(job_of({1}), Time()));
  queue.take(1);
  EXPECT_TRUE(queue.push(job_of({10}), Time()));
  EXPECT_TRUE(queue.push(job_of({10}), Time()));
  EXPECT_FALSE(queue.push(job_of({1}), Time()));
  EXPECT_EQ(queue.num_tokens(), 20);
  EXPECT_EQ(queue.num_sequences(), 2);
}

}  // namespace
}  // namespace rpp
