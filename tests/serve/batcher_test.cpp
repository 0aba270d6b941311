#include "serve/batcher.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>

#include "message_of.h"
#include "runtime/exported_model.h"

namespace rpp {
namespace {

using testing::HasSubstr;
using Rows = std::vector<std::vector<float>>;

const int32_t kNoSuchToken = 1'000'000;

EncodedSequence sequence_of(std::vector<int32_t> ids) {
  std::vector<int32_t> types(ids.size());
  return {.input_ids = std::move(ids), .token_type_ids = std::move(types)};
}

// Different for each number.
EncodedSequence numbered_sequence(int number) {
  std::vector<int32_t> ids = {2};
  for (int i = 0; i <= number % 5; ++i) ids.push_back(5 + (number + i) % 90);
  ids.push_back(3);
  return sequence_of(ids);
}

std::shared_ptr<Job> classify(std::vector<EncodedSequence> sequences) {
  return std::make_shared<Job>(std::nullopt, std::move(sequences));
}

class BatcherTest : public testing::Test {
 protected:
  std::unique_ptr<Batcher> batcher(const BatcherOptions& options) {
    return std::make_unique<Batcher>(model_, embedding_, options, 8);
  }
  std::vector<float> logits_alone(const EncodedSequence& sequence) {
    Session session(model_);
    const std::vector<int32_t> bounds = {0, static_cast<int32_t>(sequence.num_tokens())};
    session.encode({.input_ids = sequence.input_ids, .token_type_ids = {}, .cu_seqlens = bounds});
    const auto logits = session.logits();
    return {logits.begin(), logits.end()};
  }

  std::shared_ptr<const RuntimeModel> model_ = exported(golden_dir() / "classifier");
  SentenceEmbedding embedding_;
};

TEST_F(BatcherTest, EveryJobGetsTheRowsOfItsOwnSequences) {
  const auto batcher = this->batcher({.limits = {.max_tokens = 16}, .num_sessions = 3});
  std::vector<std::future<Rows>> answers;
  for (int number = 0; number < 40; number += 2) {
    answers.push_back(std::async(std::launch::async, [&, number] {
      const auto job = classify({numbered_sequence(number), numbered_sequence(number + 1)});
      EXPECT_TRUE(batcher->add(job));
      return job->wait();
    }));
  }
  for (int number = 0; number < 40; ++number) {
    static Rows rows;
    if (number % 2 == 0) rows = answers[static_cast<size_t>(number) / 2].get();
    EXPECT_EQ(rows[static_cast<size_t>(number) % 2], logits_alone(numbered_sequence(number))) << number;
  }
}

TEST_F(BatcherTest, SequencesThatWaitAreComputedTogether) {
  std::promise<size_t> size;
  const auto batcher = this->batcher({.limits = {.max_tokens = 6, .max_wait = std::chrono::minutes(10)},
                                      .on_batch = [&](const Batch& batch) { size.set_value(batch.size()); }});
  const auto first = classify({sequence_of({2, 5, 3})}), second = classify({sequence_of({2, 6, 3})});
  batcher->add(first);
  batcher->add(second);  // the batch is full: nobody waits for ten minutes
  first->wait();
  second->wait();
  EXPECT_EQ(size.get_future().get(), 2U);
}

TEST_F(BatcherTest, ASequenceThatCannotBeComputedFailsNoOther) {
  const auto batcher = this->batcher({.limits = {.max_tokens = 6, .max_wait = std::chrono::minutes(10)}});
  const auto good = classify({sequence_of({2, 5, 3})}), bad = classify({sequence_of({2, kNoSuchToken, 3})});
  batcher->add(bad);
  batcher->add(good);
  EXPECT_EQ(good->wait().front(), logits_alone(sequence_of({2, 5, 3})));
  EXPECT_THAT(message_of([&] { bad->wait(); }), HasSubstr("1000000"));
}

TEST_F(BatcherTest, AFullQueueTakesNothing) {
  const auto batcher = this->batcher(
      {.limits = {.max_tokens = 100, .max_wait = std::chrono::minutes(10), .max_queued_tokens = 6}});
  EXPECT_TRUE(batcher->add(classify({sequence_of({2, 5, 3}), sequence_of({2, 3})})));
  EXPECT_EQ(batcher->queued().tokens, 5);
  EXPECT_EQ(batcher->queued().sequences, 2);
  EXPECT_FALSE(batcher->add(classify({sequence_of({2, 3})})));
}

TEST_F(BatcherTest, AtItsEndItComputesWhatIsInTheQueue) {
  const auto job = classify({sequence_of({2, 5, 3})});
  batcher({.limits = {.max_wait = std::chrono::minutes(10)}})->add(job);
  EXPECT_EQ(job->wait().front(), logits_alone(sequence_of({2, 5, 3})));
}

TEST(Job, NamesTheTextThatFailed) {
  const auto job = classify({sequence_of({2, 3}), sequence_of({2, 3})});
  job->finish(0, std::vector<float>{1.0F});
  job->fail(1, "is odd");
  EXPECT_EQ(message_of([&] { job->wait(); }), "text 1: is odd");
}

}  // namespace
}  // namespace rpp
