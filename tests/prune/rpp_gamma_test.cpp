// The search for gamma: the target ratio is reached without an exact top-k.
#include "rpp_runs.h"

namespace rpp::test {
namespace {

// A run with automatic gamma and random gradients that work against the prox.
struct ControlledRun {
  ControlledRun(PruneConfig config, int64_t steps, double rate = 1e-3)
      : params(three_large_matrices()), optimizer(params, without_decay()) {
    config.rpp.gamma = 0;
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
  for (const auto method : {PruneMethod::rpp, PruneMethod::rpp_preconditioned}) {
    PruneConfig config{.method = method};
    config.target_ratio = GetParam();
    config.rpp.rounds = 8;
    config.recovery_share = 0.3;
    const ControlledRun run(config, 60);
    EXPECT_NEAR(zero_ratio(run.params.values()), GetParam(), 1e-3) << name_of(method);
  }
}

INSTANTIATE_TEST_SUITE_P(Rpp, Controller, testing::Values(0.3, 0.412, 0.593, 0.8, 0.95));

TEST(Rpp, EveryGroupReachesItsOwnTarget) {
  PruneConfig config{.method = PruneMethod::rpp_preconditioned};
  config.target_ratio = 0.6;
  config.ratios = {"output=0.85"};
  config.exclude = {"key"};
  config.rpp.rounds = 6;
  const ControlledRun run(config, 60);
  EXPECT_NEAR(zero_ratio(run.params.values().narrow(0, 0, 20'000)), 0.6, 2e-3);
  EXPECT_EQ(zero_ratio(run.params.values().narrow(0, 20'000, 40'000)), 0.0);
  EXPECT_NEAR(zero_ratio(run.params.values().narrow(0, 60'000, 60'000)), 0.85, 2e-3);
}

TEST(Rpp, AFinalTopkIsExact) {
  PruneConfig config{.method = PruneMethod::rpp_preconditioned};
  config.target_ratio = 0.7;
  config.rpp.final_topk = true;
  config.rpp.rounds = 2;
  const ControlledRun run(config, 20);
  EXPECT_DOUBLE_EQ(zero_ratio(run.params.values()), 0.7);
}

// A pruner with automatic gamma and a target of one half, at a learning rate of 1e-3, stepped by the test.
struct Planned {
  explicit Planned(const torch::Tensor& weights, int64_t steps, PruneMethod method = PruneMethod::rpp,
                   OptimizerConfig optimizer_config = without_decay())
      : params(one_matrix(weights)), optimizer(params, optimizer_config) {
    PruneConfig config;
    config.method = method;
    config.target_ratio = 0.5;
    config.rpp.rounds = 1;
    config.recovery_share = 0;
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
  const Planned run(gaussian({40, 50}, 0.04, 1), 20, PruneMethod::rpp_preconditioned);
  for (int64_t step = 0; step < 3; ++step) {
    EXPECT_EQ(run.gamma_of(step), 0.0) << step;
    run.params.grads().fill_(1.0);
    run.params.grads()[7] = -1.0;
  }
}

// A plan needs Adam's second moment: three completed steps, not three skipped ones.
TEST(Rpp, TheFirstPlanIsMadeAfterThreeOptimizerSteps) {
  Planned run(gaussian({40, 50}, 0.04, 1), 20, PruneMethod::rpp_preconditioned);
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
    Planned run(weights, 203, PruneMethod::rpp_preconditioned, config);
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
