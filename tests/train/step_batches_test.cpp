#include "train/step_batches.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dist/thread_ranks.h"
#include "sampled_task.h"

namespace rpp::test {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

// For each part its number and the samples of its passes: "0: 0 1 | 2".
std::vector<std::string> parts_of(const StepBatches& step) {
  std::vector<std::string> texts;
  for (const auto& part : step.parts) {
    std::string text = fmt::format("{}:", part.first_number);
    for (const auto& batch : part.batches) {
      if (text.back() != ':') text += " |";
      for (const int32_t sample : batch.labels) text += fmt::format(" {}", sample);
    }
    texts.push_back(text);
  }
  return texts;
}

std::vector<std::vector<std::string>> parts(int64_t num_ranks, const TrainConfig& train,
                                            const DistConfig& dist, int64_t num_samples) {
  return on_thread_ranks<std::vector<std::string>>(num_ranks, [&](Communicator& ranks) {
    const SampledTask task(num_samples);
    return parts_of(make_step_batches(task, 0, train, dist, ranks));
  });
}

TrainConfig micro_batches_of(int64_t size) {
  TrainConfig train;
  train.batch_size = 8;
  train.micro_batch_size = size;
  return train;
}

TEST(StepBatches, EachRankHasOnePart) {
  EXPECT_THAT(parts(2, micro_batches_of(3), {}, 8),
              ElementsAre(ElementsAre("0: 0 1 2 | 3"), ElementsAre("2: 4 5 6 | 7")));
}

TEST(StepBatches, VirtualRanksAreTheSamePartsForAnyNumberOfRanks) {
  const DistConfig dist{.deterministic = true, .virtual_ranks = 4};
  const auto all = std::vector<std::string>{"0: 0 1", "1: 2 3", "2: 4 5", "3: 6 7"};
  EXPECT_THAT(parts(1, micro_batches_of(0), dist, 8), ElementsAre(all));
  EXPECT_THAT(parts(2, micro_batches_of(0), dist, 8),
              ElementsAre(ElementsAre(all[0], all[1]), ElementsAre(all[2], all[3])));
  EXPECT_THAT(parts(4, micro_batches_of(0), dist, 8), ElementsAre(ElementsAre(all[0]), ElementsAre(all[1]),
                                                                  ElementsAre(all[2]), ElementsAre(all[3])));
}

// The last batch of an epoch may be smaller.
TEST(StepBatches, WithFewerSamplesThanVirtualRanksSomePartsAreEmpty) {
  const DistConfig dist{.deterministic = true, .virtual_ranks = 4};
  EXPECT_THAT(parts(2, micro_batches_of(0), dist, 2),
              ElementsAre(ElementsAre("0:", "0: 0"), ElementsAre("1:", "1: 1")));
}

}  // namespace
}  // namespace rpp::test
