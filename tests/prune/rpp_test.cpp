// The closed forms of docs/method.md, checked with the pruner and the optimizer.
#include "rpp_runs.h"

namespace rpp::test {
namespace {

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
  config.rpp.first_round_share = 0.0;  // one step, with a learning rate of 0
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
  config.rpp.epsilon = epsilon;
  config.rpp.first_round_share = 0.0;
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
  config.rpp.epsilon = 1e-9;
  const auto pruner = make_pruner(config, {params, nullptr, 4});
  pruner->begin_step(3);
  EXPECT_TRUE(pruner->rule().alpha.allclose(torch::full({2}, 1e9F)));  // half precision would overflow at 1e9
}

// v is a quarter and seven quarters of its mean after a step with gradients 1 and sqrt(7).
TEST(Rpp, FisherImportanceDividesAlphaByVRelativeToItsMean) {
  for (const auto method : {PruneMethod::rpp, PruneMethod::rpp_preconditioned}) {
    FlatParams params(one_matrix(torch::full({1, 2}, 0.5F)));
    ProxAdamW optimizer(params, without_decay());
    auto config = rpp_config(1e-9, 2);
    config.method = method;
    config.importance = Importance::fisher;
    config.rpp.epsilon = 0.5;
    const auto pruner = make_pruner(config, {params, &optimizer, 3});
    pruner->begin_step(0);
    EXPECT_TRUE(pruner->rule().alpha.eq(1).all().item<bool>());  // the first round is as published
    params.grads().copy_(torch::tensor({1.0F, std::sqrt(7.0F)}));
    optimizer.step(0.0, pruner->rule());
    pruner->begin_step(1);
    const double root = std::sqrt(7.0);
    const auto expected = method == PruneMethod::rpp
                              ? torch::tensor({4.0, 4.0 / 7.0})
                              : torch::tensor({(1 + root) / 2, (1 + root) / (2 * root)});
    EXPECT_TRUE(pruner->rule().alpha.allclose(expected.to(torch::kFloat32), 1e-5, 1e-6))
        << name_of(method) << pruner->rule().alpha;
  }
}

// Gamma is planned with the importances, and the state holds them.
TEST(Rpp, WithFisherImportanceTheTargetIsReachedAndARunResumesBitForBit) {
  for (const auto method : {PruneMethod::rpp, PruneMethod::rpp_preconditioned}) {
    const auto weights = gaussian({100, 120}, 0.04, 1);
    FlatParams params(one_matrix(weights.clone())), copy(one_matrix(weights.clone()));
    ProxAdamW optimizer(params, without_decay()), second(copy, without_decay());
    PruneConfig config{.method = method};
    config.target_ratio = 0.7;
    config.importance = Importance::fisher;
    config.rpp.rounds = 4;
    const auto rate = [](int64_t) { return 1e-3; };
    const auto whole = make_pruner(config, {params, &optimizer, 60, {}, rate});
    const auto go = [](FlatParams& p, ProxAdamW& o, Pruner& pruner, int64_t first, int64_t end) {
      for (int64_t step = first; step < end; ++step) {
        pruner.begin_step(step);
        p.grads().copy_(gaussian({p.grads().numel()}, 1e-3, 90 + static_cast<uint64_t>(step)));
        o.step(1e-3, pruner.rule());
      }
    };
    go(params, optimizer, *whole, 0, 33);
    const auto resumed = make_pruner(config, {copy, &second, 60, {}, rate});
    copy.values().copy_(params.values());
    second.exp_avg().copy_(optimizer.exp_avg());
    second.exp_avg_sq().copy_(optimizer.exp_avg_sq());
    second.set_step_count(optimizer.step_count());
    const auto saved = whole->state();
    resumed->load_state({saved.begin(), saved.end()});
    go(params, optimizer, *whole, 33, 60);
    go(copy, second, *resumed, 33, 60);
    whole->finish();
    resumed->finish();
    EXPECT_TRUE(copy.values().equal(params.values())) << name_of(method);
    EXPECT_NEAR(zero_ratio(params.values()), 0.7, 2e-3) << name_of(method);
  }
}

TEST(Rpp, TheFirstRoundIsAFractionOfTheOthers) {
  FlatParams params(three_matrices(4));
  auto config = rpp_config(0.1, 4);
  config.rpp.first_round_share = 0.5;
  const auto pruner = make_pruner(config, {params, nullptr, 70});
  EXPECT_EQ(pruner->describe(9), "round 1/4");
  EXPECT_EQ(pruner->describe(10), "round 2/4");
  EXPECT_EQ(pruner->describe(30), "round 3/4");
  EXPECT_EQ(pruner->describe(50), "round 4/4");
}

TEST(Rpp, GivenStepsPerRoundTheLastRoundTakesTheRest) {
  FlatParams params(three_matrices(4));
  auto config = rpp_config(0.1, 3);
  config.rpp.first_round_share = 0.1;
  config.rpp.steps_per_round = 20;
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
  config.rpp.epsilon = 0.5;
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
  too_long.rpp.steps_per_round = 60;
  EXPECT_THROW(make_pruner(too_long, {params, nullptr, 100}), UsageError);
}

TEST(Rpp, AlphaComesFromTheWeightsAtTheStartOfEachRound) {
  FlatParams params(one_matrix(torch::tensor({{0.5F, 0.0F}})));
  auto config = rpp_config(0.1, 4);
  config.rpp.epsilon = 0.5;
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
  for (const auto method : {PruneMethod::rpp, PruneMethod::rpp_preconditioned}) {
    auto weights = gaussian({20, 20}, 0.04, 1);
    weights.view({-1}).narrow(0, 0, 200).zero_();
    FlatParams params(one_matrix(weights));
    ProxAdamW optimizer(params, without_decay());
    PruneConfig config;
    config.method = method;
    config.target_ratio = 0.5;
    config.recovery_share = 0.01;
    constexpr int64_t kSteps = 3000;
    const auto pruner = make_pruner(config, {params, &optimizer, kSteps, {}, [](int64_t) { return 1e-4; }});
    for (int64_t step = 0; step < kSteps; ++step) {
      params.grads().fill_(1.0);
      pruner->begin_step(step);
      optimizer.step(1e-4, pruner->rule());
      ASSERT_NO_THROW(pruner->check_drift()) << name_of(method) << " at step " << step;
    }
    pruner->finish();
    EXPECT_TRUE(params.values().narrow(0, 0, 200).eq(0).all().item<bool>()) << name_of(method);
    EXPECT_EQ(params.values().narrow(0, 200, 200).eq(0).sum().item<int64_t>(), 0) << name_of(method);
  }
}

}  // namespace
}  // namespace rpp::test
