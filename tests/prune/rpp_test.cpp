// The closed forms of docs/method.md, checked with the pruner and the optimizer.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cmath>

#include "fake_model.h"
#include "ops/torch.h"
#include "plan/gamma_plan.h"
#include "prune/pruner.h"
#include "rpp/error.h"

namespace rpp::test {
namespace {

PruneConfig rpp_config(double gamma, int64_t rounds) {
  PruneConfig config;
  config.method = PruneMethod::rpp;
  config.rounds = rounds;
  config.gamma = gamma;
  config.epsilon = 1e-6;
  config.first_round_share = 0.5;
  config.hold_zeros = false;
  config.prox_scaling = "lr";
  config.recovery_share = 0;
  return config;
}

// Runs all steps at one learning rate with gradients of zero, so that only the prox moves weights.
void shrink_only(Pruner& pruner, ProxAdamW& optimizer, int64_t steps, double learning_rate) {
  for (int64_t step = 0; step < steps; ++step) {
    pruner.begin_step(step);
    optimizer.step(learning_rate, pruner.rule());
  }
}

TEST(Rpp, TheFirstRoundPrunesAlmostNothing) {
  FlatParams params(one_matrix(gaussian({100, 400}, 0.04, 1)));
  ProxAdamW optimizer(params, without_decay());
  const auto pruner = make_pruner(rpp_config(/*gamma=*/0.11, /*rounds=*/1), {params, &optimizer, 10});
  shrink_only(*pruner, optimizer, 10, /*learning_rate=*/1e-4);
  // tau sums to 1.1e-4: 0.2 % of weights of deviation 0.04 are smaller.
  EXPECT_LT(zero_ratio(params.values()), 0.005);
}

// gamma * the sum of learning rates of one reweighted round, and the resulting prune ratio at deviation 0.04.
struct ErfLaw {
  double shrinkage;
  double ratio;
};

class OneReweightedRound : public testing::TestWithParam<ErfLaw> {};

TEST_P(OneReweightedRound, MatchesTheClosedForm) {
  const auto [shrinkage, ratio] = GetParam();
  FlatParams params(one_matrix(gaussian({100, 400}, 0.04, 2)));
  ProxAdamW optimizer(params, without_decay());
  auto config = rpp_config(/*gamma=*/100 * shrinkage, /*rounds=*/2);
  config.first_round_share = 0.0;  // one step, with a learning rate of 0
  const auto pruner = make_pruner(config, {params, &optimizer, 101});
  pruner->begin_step(0);
  optimizer.step(0.0, pruner->rule());
  const auto before = params.values().clone();
  for (int64_t step = 1; step <= 100; ++step) {
    pruner->begin_step(step);
    optimizer.step(1e-4, pruner->rule());
  }
  const auto expected = (before.abs() * (before.abs() + 1e-6)).le(shrinkage);
  const auto disagreeing = expected.ne(params.values().eq(0)).sum().item<int64_t>();
  EXPECT_LE(disagreeing, 4);  // rounding of 100 subtractions at the boundary
  EXPECT_NEAR(zero_ratio(params.values()), std::erf(std::sqrt(shrinkage) / (0.04 * std::sqrt(2.0))), 0.01);
  EXPECT_NEAR(zero_ratio(params.values()), ratio, 0.01);
}

INSTANTIATE_TEST_SUITE_P(Rpp, OneReweightedRound,
                         testing::Values(ErfLaw{4.7e-4, 0.412}, ErfLaw{1.1e-3, 0.593}, ErfLaw{2.6e-3, 0.80},
                                         ErfLaw{4.0e-3, 0.884}));

TEST(Rpp, ZerosArePositive) {
  FlatParams params(one_matrix(-gaussian({10, 10}, 1e-4, 3).abs()));
  ProxAdamW optimizer(params, without_decay());
  const auto pruner = make_pruner(rpp_config(1.0, 1), {params, &optimizer, 1});
  shrink_only(*pruner, optimizer, 1, 1.0);
  EXPECT_EQ(zero_ratio(params.values()), 1.0);
  EXPECT_FALSE(params.values().signbit().any().item<bool>());
}

// A weight at zero with a gradient of constant sign: Adam's normalised step u is 1 from the first step on,
// and alpha is 1 / epsilon.
double weight_after_release(double epsilon, double gamma) {
  FlatParams params(one_matrix(torch::zeros({1, 2})));
  auto optimizer_config = without_decay();
  optimizer_config.epsilon = 1e-12;
  ProxAdamW optimizer(params, optimizer_config);
  auto config = rpp_config(gamma, 2);
  config.epsilon = epsilon;
  config.first_round_share = 0.0;
  const auto pruner = make_pruner(config, {params, &optimizer, 5});
  for (int64_t step = 0; step < 5; ++step) {
    params.grads().fill_(-1.0);
    pruner->begin_step(step);
    optimizer.step(step == 0 ? 0.0 : 1e-3, pruner->rule());
  }
  return params.values()[0].item<double>();
}

TEST(Rpp, ATinyEpsilonHoldsZerosAndALargeOneLetsThemReturn) {
  EXPECT_EQ(weight_after_release(/*epsilon=*/1e-9, /*gamma=*/1e-3), 0.0);   // gamma * alpha = 1e6
  EXPECT_GT(weight_after_release(/*epsilon=*/1e-2, /*gamma=*/1e-3), 1e-4);  // gamma * alpha = 0.1
}

TEST(Rpp, AZeroStaysZeroIfAndOnlyIfTheStepIsAtMostGammaAlpha) {
  EXPECT_EQ(weight_after_release(/*epsilon=*/1e-2, /*gamma=*/1.001e-2), 0.0);  // |u| = 1 < 1.001
  const double returned = weight_after_release(/*epsilon=*/1e-2, /*gamma=*/0.99e-2);
  EXPECT_NEAR(returned, 4 * 1e-3 * 0.01, 1e-7);  // four steps of rate * (1 - 0.99)
}

TEST(Rpp, AlphaIsFiniteForATinyEpsilon) {
  FlatParams params(one_matrix(torch::zeros({1, 2})));
  auto config = rpp_config(0.1, 2);
  config.epsilon = 1e-9;
  const auto pruner = make_pruner(config, {params, nullptr, 4});
  pruner->begin_step(3);
  EXPECT_TRUE(pruner->rule().alpha.allclose(torch::full({2}, 1e9F)));  // half precision would overflow at 1e9
}

TEST(Rpp, TheFirstRoundIsAFractionOfTheOthers) {
  FlatParams params(three_matrices(4));
  auto config = rpp_config(0.1, 4);
  config.first_round_share = 0.5;
  const auto pruner = make_pruner(config, {params, nullptr, 70});
  EXPECT_EQ(pruner->describe(9), "round 1/4");
  EXPECT_EQ(pruner->describe(10), "round 2/4");
  EXPECT_EQ(pruner->describe(30), "round 3/4");
  EXPECT_EQ(pruner->describe(50), "round 4/4");
}

TEST(Rpp, GivenStepsPerRoundTheLastRoundTakesTheRest) {
  FlatParams params(three_matrices(4));
  auto config = rpp_config(0.1, 3);
  config.first_round_share = 0.1;
  config.steps_per_round = 20;
  const auto pruner = make_pruner(config, {params, nullptr, 70});
  EXPECT_EQ(pruner->describe(1), "round 1/3");
  EXPECT_EQ(pruner->describe(2), "round 2/3");
  EXPECT_EQ(pruner->describe(22), "round 3/3");
  EXPECT_EQ(pruner->describe(69), "round 3/3");
}

TEST(Rpp, AsManyRoundsAsStepsAreAllowed) {
  FlatParams params(three_matrices(4));
  const auto pruner = make_pruner(rpp_config(0.1, 4), {params, nullptr, 4});
  for (int64_t step = 0; step < 4; ++step) {
    EXPECT_EQ(pruner->describe(step), fmt::format("round {}/4", step + 1));
  }
}

TEST(Rpp, AlphaIsOneUntilTheSecondRound) {
  FlatParams params(one_matrix(torch::tensor({{0.5F, 0.0F}})));
  auto config = rpp_config(0.1, 2);
  config.epsilon = 0.5;
  const auto pruner = make_pruner(config, {params, nullptr, 6});
  pruner->begin_step(1);
  EXPECT_TRUE(pruner->rule().alpha.equal(torch::ones(2)));
  pruner->begin_step(2);
  EXPECT_TRUE(pruner->rule().alpha.equal(torch::tensor({1.0F, 2.0F})));
}

TEST(Rpp, TheFinalMaskEqualsTheZeros) {
  FlatParams params(one_matrix(torch::tensor({{0.5F, 0.0F, -0.1F}})));
  const auto pruner = make_pruner(rpp_config(0.1, 1), {params, nullptr, 1});
  pruner->begin_step(0);
  pruner->finish();
  EXPECT_EQ(pruner->rule().kind, ShrinkRule::Kind::mask);
  EXPECT_TRUE(pruner->mask().equal(torch::tensor({1, 0, 1}, torch::kUInt8)));
}

// A run with automatic gamma and random gradients that work against the prox.
struct ControlledRun {
  ControlledRun(PruneConfig config, int64_t steps, double rate = 1e-3)
      : params(three_large_matrices()), optimizer(params, without_decay()) {
    config.method = PruneMethod::rpp;
    config.gamma = 0;
    pruner = make_pruner(config, {params, &optimizer, steps, {}, [=](int64_t) { return rate; }});
    for (int64_t step = 0; step < steps; ++step) {
      pruner->begin_step(step);
      params.grads().copy_(gaussian({params.grads().numel()}, 1e-3, 90 + static_cast<uint64_t>(step)));
      optimizer.step(rate, pruner->rule());
    }
    pruner->finish();
  }

  static std::vector<ParamSpec> three_large_matrices() {
    ParamSpec qk{"qk", gaussian({300, 200}, 0.04, 1).requires_grad_(), ParamGroup::prunable, {}};
    qk.matrices = {{"query", 0, 100, 200}, {"key", 100, 200, 200}};
    ParamSpec output{"output", gaussian({200, 300}, 0.07, 2).requires_grad_(), ParamGroup::prunable, {}};
    output.matrices = {{"output", 0, 200, 300}};
    return {qk, output};
  }

  FlatParams params;
  ProxAdamW optimizer;
  std::unique_ptr<Pruner> pruner;
};

class Controller : public testing::TestWithParam<double> {};

TEST_P(Controller, ReachesTheTargetWithoutAThreshold) {
  for (const auto* scaling : {"lr", "preconditioned"}) {
    PruneConfig config;
    config.target_ratio = GetParam();
    config.prox_scaling = scaling;
    config.rounds = 8;
    config.recovery_share = 0.3;
    const ControlledRun run(config, 60);
    EXPECT_NEAR(zero_ratio(run.params.values()), GetParam(), 1e-3) << scaling;
  }
}

INSTANTIATE_TEST_SUITE_P(Rpp, Controller, testing::Values(0.3, 0.412, 0.593, 0.8, 0.95));

TEST(Rpp, EveryGroupReachesItsOwnTarget) {
  PruneConfig config;
  config.target_ratio = 0.6;
  config.ratios = {"output=0.85"};
  config.exclude = {"key"};
  config.rounds = 6;
  const ControlledRun run(config, 60);
  EXPECT_NEAR(zero_ratio(run.params.values().narrow(0, 0, 20'000)), 0.6, 2e-3);
  EXPECT_EQ(zero_ratio(run.params.values().narrow(0, 20'000, 40'000)), 0.0);
  EXPECT_NEAR(zero_ratio(run.params.values().narrow(0, 60'000, 60'000)), 0.85, 2e-3);
}

TEST(Rpp, AFinalTopkIsExact) {
  PruneConfig config;
  config.target_ratio = 0.7;
  config.final_topk = true;
  config.rounds = 2;
  const ControlledRun run(config, 20);
  EXPECT_DOUBLE_EQ(zero_ratio(run.params.values()), 0.7);
}

TEST(Rpp, AnEventCountsWeightsPrunedSinceThePreviousRound) {
  FlatParams params(one_matrix(torch::ones({1, 4})));
  const auto pruner = make_pruner(rpp_config(0.1, 4), {params, nullptr, 14});  // rounds start at 0, 2, 6, 10
  pruner->begin_step(0);
  for (int64_t round = 1; round < 4; ++round) {
    params.values()[round] = 0.0F;
    pruner->begin_step(4 * round - 2);
    const auto events = pruner->take_events();
    ASSERT_EQ(events.size(), 1U) << round;
    EXPECT_DOUBLE_EQ(events[0].values.at("newly_pruned"), 0.25) << round;
  }
}

TEST(Rpp, DriftOfAnInitialZeroIsAnError) {
  FlatParams params(one_matrix(torch::tensor({{0.5F, 0.0F, -0.1F}})));
  auto config = rpp_config(0.1, 1);
  config.hold_zeros = true;
  const auto pruner = make_pruner(config, {params, nullptr, 4});
  pruner->begin_step(0);
  EXPECT_NO_THROW(pruner->check_drift());
  params.values()[1] = 1.0F;
  EXPECT_THROW(pruner->check_drift(), Error);
}

TEST(Rpp, RecoveryHoldsZerosAndTrainsTheRest) {
  PruneConfig config = rpp_config(/*gamma=*/0.5, /*rounds=*/2);
  config.recovery_steps = 5;
  FlatParams params(one_matrix(gaussian({20, 20}, 0.04, 1)));
  ProxAdamW optimizer(params, without_decay());
  const auto pruner = make_pruner(config, {params, &optimizer, 15});
  torch::Tensor mask;
  for (int64_t step = 0; step < 15; ++step) {
    params.grads().fill_(1.0);
    pruner->begin_step(step);
    EXPECT_EQ(pruner->rule().kind, step < 10 ? ShrinkRule::Kind::prox : ShrinkRule::Kind::mask);
    if (step == 10) mask = params.values().ne(0);
    optimizer.step(1e-3, pruner->rule());
  }
  EXPECT_EQ(pruner->describe(10), "recovery");
  EXPECT_TRUE(params.values().ne(0).equal(mask));
  EXPECT_GT(zero_ratio(params.values()), 0.1);
}

TEST(Rpp, WithoutLearningRatesToPlanFromGammaMustBeGiven) {
  FlatParams params(three_matrices(4));
  auto config = rpp_config(0.0, 2);
  EXPECT_THROW(make_pruner(config, {params, nullptr, 4}), UsageError);
}

TEST(Rpp, MoreRoundsThanStepsAreRefused) {
  FlatParams params(three_matrices(5));
  EXPECT_THROW(make_pruner(rpp_config(0.1, 4), {params, nullptr, 3}), UsageError);
  auto too_long = rpp_config(0.1, 4);
  too_long.steps_per_round = 60;
  EXPECT_THROW(make_pruner(too_long, {params, nullptr, 100}), UsageError);
}

TEST(Rpp, AlphaComesFromTheWeightsAtTheStartOfEachRound) {
  FlatParams params(one_matrix(torch::tensor({{0.5F, 0.0F}})));
  auto config = rpp_config(0.1, 4);
  config.epsilon = 0.5;
  const auto pruner = make_pruner(config, {params, nullptr, 14});  // rounds start at 0, 2, 6, 10
  const float weights[] = {1.5F, 3.5F, 7.5F};
  for (int64_t round = 1; round < 4; ++round) {
    params.values()[0] = weights[round - 1];
    pruner->begin_step(4 * round - 2);
    const auto expected = torch::tensor({1.0F / (weights[round - 1] + 0.5F), 2.0F});
    EXPECT_TRUE(pruner->rule().alpha.equal(expected)) << round;
    params.values()[0] = 100.0F;  // ignored within the round
    pruner->begin_step(4 * round + 1);
    EXPECT_TRUE(pruner->rule().alpha.equal(expected)) << round;
  }
}

// Half of the model is zero and the target is one half: nothing is missing, for thousands of steps.
TEST(Rpp, InitialZerosAreKeptForAnyGamma) {
  for (const auto* scaling : {"lr", "preconditioned"}) {
    auto weights = gaussian({20, 20}, 0.04, 1);
    weights.view({-1}).narrow(0, 0, 200).zero_();
    FlatParams params(one_matrix(weights));
    ProxAdamW optimizer(params, without_decay());
    PruneConfig config;
    config.method = PruneMethod::rpp;
    config.target_ratio = 0.5;
    config.prox_scaling = scaling;
    config.recovery_share = 0.01;
    constexpr int64_t kSteps = 3000;
    const auto pruner = make_pruner(config, {params, &optimizer, kSteps, {}, [](int64_t) { return 1e-4; }});
    for (int64_t step = 0; step < kSteps; ++step) {
      params.grads().fill_(1.0);
      pruner->begin_step(step);
      optimizer.step(1e-4, pruner->rule());
      ASSERT_NO_THROW(pruner->check_drift()) << scaling << " at step " << step;
    }
    pruner->finish();
    EXPECT_TRUE(params.values().narrow(0, 0, 200).eq(0).all().item<bool>()) << scaling;
    EXPECT_EQ(params.values().narrow(0, 200, 200).eq(0).sum().item<int64_t>(), 0) << scaling;
  }
}

// A pruner with automatic gamma and a target of one half, at a learning rate of 1e-3, stepped by the test.
struct Planned {
  explicit Planned(const torch::Tensor& weights, int64_t steps, const char* scaling = "lr",
                   OptimizerConfig optimizer_config = without_decay())
      : params(one_matrix(weights)), optimizer(params, optimizer_config) {
    PruneConfig config;
    config.method = PruneMethod::rpp;
    config.target_ratio = 0.5;
    config.rounds = 1;
    config.recovery_share = 0;
    config.prox_scaling = scaling;
    pruner = make_pruner(config, {params, &optimizer, steps, {}, [](int64_t) { return 1e-3; }});
  }
  double gamma_of(int64_t step) const {
    pruner->begin_step(step);
    return pruner->rule().gamma;
  }

  FlatParams params;
  ProxAdamW optimizer;
  std::unique_ptr<Pruner> pruner;
};

// A plan is due every step here: a twentieth of the remaining steps is less than two.
TEST(Rpp, GammaFallsByAFifthPerPlanDownToItsLowerLimit) {
  const Planned run(gaussian({40, 50}, 0.04, 1), 39);
  double gamma = run.gamma_of(0);
  EXPECT_GT(gamma, 1e-2);
  run.params.values().narrow(0, 0, 1000).zero_();  // half of them: exactly the target
  for (int64_t step = 1; step < 20; ++step) {
    EXPECT_DOUBLE_EQ(run.gamma_of(step), gamma / 1.25) << step;
    gamma /= 1.25;
  }
  run.params.values().fill_(0.04);
  const double risen = run.gamma_of(20);  // all zeros are missing again
  EXPECT_LE(risen, 4 * gamma);
  EXPECT_GT(risen, gamma);

  const Planned longer(gaussian({40, 50}, 0.04, 1), 20'000);
  EXPECT_GT(longer.gamma_of(0), 1e-6);
  longer.params.values().zero_();
  for (int64_t step = 1; step < 20'000; ++step) gamma = longer.gamma_of(step);
  EXPECT_DOUBLE_EQ(gamma, kSmallestGamma);
}

TEST(Rpp, APlanThatAsksForFewerZerosLowersGammaByAFifthAtMost) {
  const Planned run(gaussian({40, 50}, 0.04, 1), 39);
  const double gamma = run.gamma_of(0);
  run.params.values().narrow(0, 0, 1000).zero_();
  run.params.values()[0] = 1e-9F;  // one zero is missing, the next step makes it
  EXPECT_DOUBLE_EQ(run.gamma_of(1), gamma / 1.25);
}

TEST(Rpp, APlanThatAsksForMoreZerosRaisesGammaFourfoldAtMost) {
  const Planned run(gaussian({40, 50}, 0.04, 1), 39);
  const double gamma = run.gamma_of(0);
  run.params.values().mul_(1000);
  EXPECT_DOUBLE_EQ(run.gamma_of(1), 4 * gamma);
  EXPECT_DOUBLE_EQ(run.gamma_of(2), 16 * gamma);
}

TEST(Rpp, BeforeTheFirstPlanNothingIsShrunk) {
  const Planned run(gaussian({40, 50}, 0.04, 1), 20, "preconditioned");
  for (int64_t step = 0; step < 3; ++step) {
    EXPECT_EQ(run.gamma_of(step), 0.0) << step;
    run.params.grads().fill_(1.0);
    run.params.grads()[7] = -1.0;
  }
}

// A plan needs Adam's second moment: three completed steps, not three skipped ones.
TEST(Rpp, TheFirstPlanIsMadeAfterThreeOptimizerSteps) {
  Planned run(gaussian({40, 50}, 0.04, 1), 20, "preconditioned");
  for (int64_t step = 0; step < 8; ++step) {
    EXPECT_EQ(run.gamma_of(step) > 0, step >= 7) << step;
    run.params.grads().fill_(1.0);
    if (step >= 4) run.optimizer.step(1e-3, run.pruner->rule());
  }
  EXPECT_LT(run.gamma_of(8), 1e3);
}

TEST(Rpp, AResumedRunKeepsEachGroupsGammaUntilTheNextPlan) {
  FlatParams params(ControlledRun::three_large_matrices());
  ProxAdamW optimizer(params, without_decay());
  PruneConfig config;
  config.method = PruneMethod::rpp;
  config.target_ratio = 0.5;
  config.ratios = {"output=0.85"};
  config.prox_scaling = "lr";
  const PrunerContext context{params, &optimizer, 1000, {}, [](int64_t) { return 1e-3; }};
  const auto whole = make_pruner(config, context), resumed = make_pruner(config, context);
  whole->begin_step(0);
  const auto saved = whole->state();
  resumed->load_state({saved.begin(), saved.end()});
  const auto planned = resumed->rule().matrix_gammas;
  params.values().mul_(2);
  resumed->begin_step(1);
  EXPECT_EQ(resumed->rule().matrix_gammas, planned);
  EXPECT_EQ(planned, whole->rule().matrix_gammas);
  EXPECT_GT(planned[2], planned[0]);
}

// 512 columns of which every fourth has large weights: evenly spaced samples would see only one kind.
TEST(Rpp, TheSampleForAPlanCoversEveryColumn) {
  auto weights = gaussian({2048, 512}, 0.04, 1);
  weights.slice(1, 0, {}, 4).mul_(25);
  const Planned run(weights, 39);
  const auto sizes = run.params.values().abs().contiguous();
  ShrinkForecast all{
      .magnitudes = {sizes.const_data_ptr<float>(), sizes.const_data_ptr<float>() + sizes.numel()},
      .rate_sums = {39e-3}};
  all.alphas.assign(all.magnitudes.size(), 1.0F);
  const double exact = gamma_for(all, 0.5, 1e-2);
  EXPECT_NEAR(run.gamma_of(0), exact, 0.02 * exact);
}

// Gradients of constant magnitude and alternating sign average out in a long first moment, so only the prox
// moves weights; sqrt(v) equals their magnitude from the first step on, or grows towards it without bias
// correction.
TEST(Rpp, TheFirstPlanIsRightWithAndWithoutBiasCorrection) {
  for (const bool bias_correction : {true, false}) {
    auto config = without_decay();
    config.bias_correction = bias_correction;
    config.beta1 = 0.9999;
    const auto weights = gaussian({100, 200}, 0.04, 1);
    Planned run(weights, 203, "preconditioned", config);
    ShrinkRule first_plan;
    for (int64_t step = 0; step < 203; ++step) {
      if (step <= 3) run.pruner->begin_step(step);
      if (step == 3) first_plan = run.pruner->rule();
      run.params.grads().fill_(step % 2 == 0 ? 1e-4 : -1e-4);
      run.optimizer.step(step < 3 ? 0.0 : 1e-3, step < 3 ? run.pruner->rule() : first_plan);
    }
    EXPECT_NEAR(zero_ratio(run.params.values()), 0.5, 0.03) << bias_correction;
  }
}

}  // namespace
}  // namespace rpp::test
