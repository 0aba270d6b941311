#include <gtest/gtest.h>

#include "fake_model.h"
#include "ops/torch.h"
#include "rpp/error.h"
#include "rpp/pruner.h"

namespace rpp::test {
namespace {

PruneConfig nip_config(double target, int64_t stages, Ranking ranking = Ranking::matrix) {
  PruneConfig config;
  config.method = PruneMethod::nip;
  config.target_ratio = target;
  config.nip.stages = stages;
  config.ranking = ranking;
  return config;
}

TEST(Nip, StagesRiseInEqualStepsAndTheLastOneTrains) {
  FlatParams params(one_matrix(gaussian({10, 10}, 1.0, 1)));
  const auto pruner = make_pruner(nip_config(0.8, 4), {params, nullptr, 40});
  for (int64_t step : {0, 10, 20, 30}) {
    pruner->begin_step(step);
    EXPECT_DOUBLE_EQ(zero_ratio(params.values()), 0.2 * static_cast<double>(step / 10 + 1));
  }
  pruner->finish();
  EXPECT_DOUBLE_EQ(zero_ratio(params.values()), 0.8);
}

TEST(Nip, APrunedWeightStaysPruned) {
  FlatParams params(three_matrices(2));
  ProxAdamW optimizer(params, without_decay());
  const auto pruner = make_pruner(nip_config(0.9, 9, Ranking::global), {params, &optimizer, 18});
  auto previous = pruner->mask();
  for (int64_t step = 0; step < 18; ++step) {
    pruner->begin_step(step);
    params.grads().copy_(gaussian({params.grads().numel()}, 1.0, 100 + static_cast<uint64_t>(step)));
    optimizer.step(0.05, pruner->rule());
    const auto current = pruner->mask();
    EXPECT_FALSE(current.gt(previous).any().item<bool>()) << "step " << step;
    EXPECT_NO_THROW(pruner->check_drift());
    previous = current;
  }
}

TEST(Nip, MatrixRankingPrunesEachMatrixEquallyAndGlobalRankingSmallWeightsFirst) {
  FlatParams by_matrix(three_matrices(3));
  make_pruner(nip_config(0.5, 1), {by_matrix, nullptr, 1})->begin_step(0);
  EXPECT_EQ(by_matrix.values().narrow(0, 0, 42).eq(0).sum().item<int64_t>(), 21);   // query
  EXPECT_EQ(by_matrix.values().narrow(0, 84, 45).eq(0).sum().item<int64_t>(), 23);  // output: 22.5 rounds up

  FlatParams global(three_matrices(3));
  make_pruner(nip_config(0.5, 1, Ranking::global), {global, nullptr, 1})->begin_step(0);
  EXPECT_EQ(global.values().narrow(0, 0, 129).eq(0).sum().item<int64_t>(), 65);  // 64.5 of all rounds up
  EXPECT_LT(zero_ratio(global.values().narrow(0, 84, 45)), 0.3);  // its weights are ten times larger
}

TEST(Nip, PruningZeroesTheMomentsToo) {
  FlatParams params(one_matrix(gaussian({4, 5}, 1.0, 4)));
  ProxAdamW optimizer(params, without_decay());
  optimizer.exp_avg().fill_(1.0);
  optimizer.exp_avg_sq().fill_(1.0);
  make_pruner(nip_config(0.5, 1), {params, &optimizer, 1})->begin_step(0);
  EXPECT_TRUE(optimizer.exp_avg().eq(0).equal(params.values().eq(0)));
  EXPECT_TRUE(optimizer.exp_avg_sq().eq(0).equal(params.values().eq(0)));
}

TEST(Nip, TheDefaultIsOneStagePerTenPoints) {
  FlatParams params(three_matrices(5));
  EXPECT_EQ(make_pruner(nip_config(0.5, 0), {params, nullptr, 100})->describe(99), "stage 5/5");
}

TEST(Gradual, ReachesTheTargetAtTheEndOfTheRamp) {
  FlatParams params(one_matrix(gaussian({10, 10}, 1.0, 1)));
  auto config = nip_config(0.8, 0);
  config.method = PruneMethod::gradual;
  config.recovery_share = 0.5;
  config.ramp.updates = 2;
  const auto pruner = make_pruner(config, {params, nullptr, 40});
  pruner->begin_step(9);
  EXPECT_DOUBLE_EQ(zero_ratio(params.values()), 0.0);
  pruner->begin_step(10);
  EXPECT_DOUBLE_EQ(zero_ratio(params.values()), 0.7);  // 0.8 * (1 - 1/8)
  pruner->begin_step(20);
  EXPECT_DOUBLE_EQ(zero_ratio(params.values()), 0.8);
}

TEST(OneShot, PrunesAtTheStartOrAfterTheLastStep) {
  for (const double prune_at : {0.0, 1.0}) {
    FlatParams params(one_matrix(gaussian({10, 10}, 1.0, 1)));
    auto config = nip_config(0.8, 0);
    config.method = PruneMethod::one_shot;
    config.one_shot.at = prune_at;
    const auto pruner = make_pruner(config, {params, nullptr, 40});
    pruner->begin_step(0);
    pruner->begin_step(39);
    EXPECT_DOUBLE_EQ(zero_ratio(params.values()), prune_at == 0 ? 0.8 : 0.0);
    pruner->finish();
    EXPECT_DOUBLE_EQ(zero_ratio(params.values()), 0.8);
  }
}

// Half of the weights are small with large gradients: |w| prunes them, |w| sqrt(v) the others.
TEST(Magnitude, FisherImportanceMultipliesByTheRootOfTheMeanSquaredGradient) {
  for (const auto importance : {Importance::magnitude, Importance::fisher}) {
    FlatParams params(one_matrix(torch::cat({torch::full({5, 10}, 0.1F), torch::full({5, 10}, 0.2F)})));
    ProxAdamW optimizer(params, without_decay());
    auto config = nip_config(0.5, 0);
    config.method = PruneMethod::one_shot;
    config.one_shot.at = 0.5;
    config.importance = importance;
    const auto pruner = make_pruner(config, {params, &optimizer, 2});
    pruner->begin_step(0);
    params.grads().narrow(0, 0, 50).fill_(1e-2);
    params.grads().narrow(0, 50, 50).fill_(1e-3);
    optimizer.step(0.0, pruner->rule());
    pruner->begin_step(1);
    const bool fisher = importance == Importance::fisher;
    EXPECT_DOUBLE_EQ(zero_ratio(params.values().narrow(0, 0, 50)), fisher ? 0.0 : 1.0);
    EXPECT_DOUBLE_EQ(zero_ratio(params.values().narrow(0, 50, 50)), fisher ? 1.0 : 0.0);
  }
}

// The first stage of nip comes before the first step.
TEST(Magnitude, WithoutGradientsFisherImportanceIsTheMagnitude) {
  FlatParams params(one_matrix(gaussian({10, 10}, 1.0, 1)));
  ProxAdamW optimizer(params, without_decay());
  const auto magnitudes = params.values().abs().clone();
  auto config = nip_config(0.5, 1);
  config.importance = Importance::fisher;
  make_pruner(config, {params, &optimizer, 1})->begin_step(0);
  EXPECT_DOUBLE_EQ(zero_ratio(params.values()), 0.5);
  const auto pruned = params.values().eq(0);
  EXPECT_LT(magnitudes.masked_select(pruned).max().item<float>(),
            magnitudes.masked_select(pruned.logical_not()).min().item<float>());
}

TEST(Magnitude, AMatrixMayHaveItsOwnRatio) {
  FlatParams params(three_matrices(3));
  auto config = nip_config(0.5, 1, Ranking::global);
  config.ratios = {"output=0.2"};
  make_pruner(config, {params, nullptr, 1})->begin_step(0);
  EXPECT_EQ(params.values().narrow(0, 0, 84).eq(0).sum().item<int64_t>(), 42);
  EXPECT_EQ(params.values().narrow(0, 84, 45).eq(0).sum().item<int64_t>(), 9);
}

// The model starts at 25 %, the target is 75 %: three stages of a third of the way each.
TEST(Nip, StagesStartAtTheRatioOfTheModel) {
  FlatParams params(one_matrix(gaussian({10, 12}, 1.0, 1)));
  params.values().detach().narrow(0, 0, 30).zero_();
  const auto pruner = make_pruner(nip_config(0.75, 3), {params, nullptr, 3});
  for (int64_t step = 0; step < 3; ++step) {
    pruner->begin_step(step);
    EXPECT_EQ(params.values().eq(0).sum().item<int64_t>(), 50 + 20 * step);
  }
}

// query and output start without zeros, key with half of its 42 entries.
TEST(Nip, EachMatrixStartsAtItsOwnRatio) {
  FlatParams params(three_matrices(7));
  params.values().detach().narrow(0, 42, 21).zero_();
  const auto pruner = make_pruner(nip_config(0.75, 3), {params, nullptr, 3});
  const auto zeros = [&](int64_t first, int64_t size) {
    return params.values().narrow(0, first, size).eq(0).sum().item<int64_t>();
  };
  const std::vector<std::vector<int64_t>> expected = {{11, 25, 11}, {21, 28, 23}, {32, 32, 34}};
  for (int64_t step = 0; step < 3; ++step) {
    pruner->begin_step(step);
    EXPECT_EQ((std::vector{zeros(0, 42), zeros(42, 42), zeros(84, 45)}), expected[static_cast<size_t>(step)]);
  }
}

TEST(Nip, AModelMayStartAtTheTargetRatioButNotAboveIt) {
  for (const int64_t zeros : {49, 50, 51}) {
    FlatParams params(one_matrix(gaussian({10, 10}, 1.0, 1)));
    params.values().detach().narrow(0, 0, zeros).zero_();
    const auto make = [&] { return make_pruner(nip_config(0.5, 1), {params, nullptr, 1}); };
    if (zeros > 50) {
      EXPECT_THROW(make(), UsageError);
      continue;
    }
    make()->finish();
    EXPECT_EQ(params.values().eq(0).sum().item<int64_t>(), 50);
  }
}

TEST(Nip, MoreStagesThanStepsAreRefused) {
  FlatParams params(three_matrices(6));
  EXPECT_THROW(make_pruner(nip_config(0.5, 5), {params, nullptr, 4}), UsageError);
}

}  // namespace
}  // namespace rpp::test
