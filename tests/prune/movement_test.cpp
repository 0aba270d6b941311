#include <gtest/gtest.h>

#include "fake_model.h"
#include "ops/torch.h"
#include "rpp/pruner.h"

namespace rpp::test {
namespace {

PruneConfig movement_config(const std::string& method) {
  PruneConfig config;
  config.method = prune_method(method);
  config.target_ratio = 0.5;
  config.ramp.begin = 0.2;
  config.recovery_share = 0.2;
  config.ramp.updates = 2;  // of 10 steps: before step 5 and before step 8
  return config;
}

// Weights with constant gradients: the second and the fourth move towards zero, the fourth more.
const std::vector<float> kWeights = {1.0F, 1.0F, -2.0F, -2.0F};
const std::vector<float> kGradients = {-1.0F, 0.1F, 1.0F, -0.5F};

struct MovementRun {
  explicit MovementRun(const PruneConfig& config)
      : params(one_matrix(torch::tensor(kWeights).view({1, 4}))),
        optimizer(params, without_decay()),
        pruner(make_pruner(config, {params, &optimizer, 10})) {}

  // With a learning rate of zero, so that a score is the number of steps times -gradient * weight.
  void steps(int64_t first, int64_t end) {
    for (int64_t step = first; step < end; ++step) {
      pruner->begin_step(step);
      params.grads().copy_(torch::tensor(kGradients));
      pruner->observe_gradients(1.0);
      optimizer.step(0.0, pruner->rule());
    }
  }

  torch::Tensor state(const std::string& name) const {
    for (const auto& [key, tensor] : pruner->state()) {
      if (key == name) return tensor;
    }
    return {};
  }

  FlatParams params;
  ProxAdamW optimizer;
  std::unique_ptr<Pruner> pruner;
};

TEST(Movement, AScoreIsTheSumOfMinusGradientTimesWeight) {
  MovementRun run(movement_config("movement"));
  run.steps(0, 3);
  EXPECT_TRUE(run.state("scores").allclose(torch::tensor({3.0F, -0.3F, 6.0F, -3.0F})));
}

TEST(Movement, PrunesLargeWeightsThatMoveTowardsZero) {
  MovementRun run(movement_config("movement"));
  run.steps(0, 10);
  run.pruner->finish();
  EXPECT_TRUE(run.params.values().equal(torch::tensor({1.0F, 0.0F, -2.0F, 0.0F})));
}

TEST(Movement, APrunedWeightStillUpdatesItsScoreAndCanReturn) {
  MovementRun run(movement_config("movement"));
  run.steps(0, 6);  // the first update prunes 1 - 1/8 of two entries: two
  EXPECT_TRUE(run.params.values().equal(torch::tensor({1.0F, 0.0F, -2.0F, 0.0F})));
  EXPECT_FLOAT_EQ(run.state("scores")[3].item<float>(),
                  -6.0F);  // the score still uses its weight of -2, which is 0 in the model
  const auto scores = run.state("scores");
  scores[3] = 100.0F;
  run.steps(6, 10);
  EXPECT_TRUE(run.params.values().equal(torch::tensor({0.0F, 0.0F, -2.0F, -2.0F})));
}

TEST(Movement, ScoresAreFrozenAfterTheLastUpdate) {
  MovementRun run(movement_config("movement"));
  run.steps(0, 9);
  EXPECT_TRUE(run.state("scores").allclose(torch::tensor({8.0F, -0.8F, 16.0F, -8.0F})));  // of steps 0 to 7
}

// Clipped or accumulated gradients count with their scale.
TEST(Movement, AScoreGrowsByTheScaledGradient) {
  for (const auto* method : {"movement", "soft_movement"}) {
    auto config = movement_config(method);
    config.soft_movement.penalty = 0;
    config.soft_movement.rate = 1;
    MovementRun run(config);
    run.params.grads().copy_(torch::tensor(kGradients));
    run.pruner->observe_gradients(0.5);
    EXPECT_TRUE(run.state("scores").allclose(torch::tensor({0.5F, -0.05F, 1.0F, -0.5F}))) << method;
  }
}

TEST(SoftMovement, KeepsScoresAboveTheThreshold) {
  auto config = movement_config("soft_movement");
  config.soft_movement.penalty = 0;
  config.soft_movement.threshold = 0.5;
  MovementRun run(config);
  run.steps(0, 10);
  EXPECT_TRUE(run.pruner->mask().equal(torch::tensor({1, 0, 1, 0}, torch::kUInt8)));
}

TEST(SoftMovement, AScoreAtTheThresholdIsPruned) {
  auto config = movement_config("soft_movement");
  config.soft_movement.threshold = 0.5;
  MovementRun run(config);
  run.pruner->begin_step(8);  // all scores are zero: the sigmoid is one half
  EXPECT_FALSE(run.pruner->mask().any().item<bool>());
}

// At score 0 the gradient of the penalty is 1/4.
TEST(SoftMovement, ThePenaltyLowersScores) {
  auto config = movement_config("soft_movement");
  config.soft_movement.penalty = 8;
  config.soft_movement.rate = 0.5;
  MovementRun run(config);
  run.steps(0, 1);
  EXPECT_TRUE(run.state("scores").allclose(torch::tensor({0.5F - 1, -0.05F - 1, 1.0F - 1, -0.5F - 1})));
}

}  // namespace
}  // namespace rpp::test
