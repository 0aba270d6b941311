// One step after another on several ranks, as threads.
#include <gtest/gtest.h>

#include "dist/thread_ranks.h"
#include "sampled_task.h"

namespace rpp::test {
namespace {

struct Trained {
  torch::Tensor values, grads;
  bool operator==(const Trained& other) const {
    return values.equal(other.values) && grads.equal(other.grads);
  }
};

TrainerConfig config_of(const std::string& method, const DistConfig& dist) {
  TrainerConfig config;
  config.optimizer.learning_rate = 1e-2;
  config.prune.method = prune_method(method);
  config.prune.target_ratio = 0.5;
  config.prune.recovery_share = 0;
  config.prune.rpp.rounds = 2;
  config.prune.nip.stages = 2;
  config.train.steps = 6;
  config.train.batch_size = 8;
  config.dist = dist;
  return config;
}

// The state after six steps with this number of samples, on every rank.
std::vector<Trained> train(int64_t num_ranks, const TrainerConfig& config, int64_t num_samples = 8) {
  at::set_num_threads(1);
  return on_thread_ranks<Trained>(num_ranks, [&](Communicator& ranks) {
    at::set_num_threads(1);
    SampledTask task(num_samples);
    Trainer trainer(task, config, ranks);
    while (trainer.counters().step < config.train.steps) trainer.step_once();
    return Trained{trainer.params().values().clone(), trainer.params().grads().clone()};
  });
}

constexpr DistConfig kDeterministic{.deterministic = true, .virtual_ranks = 4};

TEST(TrainerRanks, DeterministicRunsAreBitIdenticalForAnyNumberOfRanks) {
  for (const char* method : {"dense", "rpp", "nip", "gradual"}) {
    const auto one = train(1, config_of(method, kDeterministic)).front();
    for (const int64_t size : {2, 4}) {
      for (const auto& rank : train(size, config_of(method, kDeterministic))) {
        EXPECT_TRUE(rank == one) << method << " with " << size << " ranks";
      }
    }
  }
}

TEST(TrainerRanks, ABatchWithFewerSamplesThanVirtualRanksIsDeterministicToo) {
  const auto one = train(1, config_of("dense", kDeterministic), 3).front();
  for (const auto& rank : train(4, config_of("dense", kDeterministic), 3)) EXPECT_TRUE(rank == one);
}

// The gradients of the parts add up to that of the batch.
TEST(TrainerRanks, VirtualRanksChangeOnlyTheRounding) {
  auto config = config_of("dense", kDeterministic);
  config.train.steps = 1;
  const auto parts = train(1, config).front();
  config.dist = {};
  config.train.micro_batch_size = 2;  // the passes, and so the dropout, of the virtual ranks
  const auto whole = train(1, config).front();
  EXPECT_TRUE(parts.grads.allclose(whole.grads, 1e-4, 1e-6));
  EXPECT_FALSE(parts.grads.equal(whole.grads));
}

TEST(TrainerRanks, ABatchWithFewerSamplesThanRanksIsThatOfOneProcess) {
  auto config = config_of("dense", {});
  config.train.micro_batch_size = 1;
  config.train.steps = 1;
  const auto one = train(1, config, 2).front();
  for (const auto& rank : train(4, config, 2)) EXPECT_TRUE(rank.grads.allclose(one.grads, 1e-4, 1e-6));
}

}  // namespace
}  // namespace rpp::test
