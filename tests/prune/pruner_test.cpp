// What all pruners share: state, drift, the fixed mask and the factory.
#include "rpp/pruner.h"

#include <gtest/gtest.h>

#include "fake_model.h"
#include "ops/torch.h"
#include "rpp/error.h"

namespace rpp::test {
namespace {

PruneConfig config_of(const std::string& method) {
  PruneConfig config;
  const bool controlled = method == "rpp_with_target";
  config.method = controlled ? PruneMethod::rpp : prune_method(method);
  config.rpp.gamma = controlled ? 0 : 0.01;
  config.recovery_steps = controlled ? 3 : 0;
  config.ramp.updates = 4;
  config.recovery_share = 0;
  config.soft_movement.threshold = 0.5;
  config.rpp.first_round_share = 0.25;
  config.rpp.rounds = 3;
  config.nip.stages = 3;
  config.target_ratio = 0.6;
  return config;
}

struct MethodRun {
  explicit MethodRun(const std::string& method)
      : params(three_matrices(7)),
        optimizer(params, without_decay()),
        pruner(make_pruner(config_of(method),
                           {params, &optimizer, 12, fixed_mask(method), [](int64_t) { return 0.01; }})) {}

  torch::Tensor fixed_mask(const std::string& method) {
    if (method != "fixed") return {};
    return torch::arange(params.num_prunable()).remainder(3).ne(0).to(torch::kUInt8);
  }

  // Gradients are a function of the step, as in training.
  void steps(int64_t first, int64_t end) {
    for (int64_t step = first; step < end; ++step) {
      pruner->begin_step(step);
      params.grads().copy_(gaussian({params.grads().numel()}, 1.0, 50 + static_cast<uint64_t>(step)));
      pruner->observe_gradients(1.0);
      optimizer.step(0.01, pruner->rule());
    }
  }

  FlatParams params;
  ProxAdamW optimizer;
  std::unique_ptr<Pruner> pruner;
};

std::map<std::string, torch::Tensor> saved_state(const Pruner& pruner) {
  std::map<std::string, torch::Tensor> saved;
  for (const auto& [name, tensor] : pruner.state()) saved[name] = tensor.clone();
  return saved;
}

std::vector<std::string> events_of(Pruner& pruner) {
  std::vector<std::string> texts;
  for (const auto& event : pruner.take_events()) texts.push_back(event.text);
  return texts;
}

class EveryMethod : public testing::TestWithParam<std::string> {};

TEST_P(EveryMethod, ARestoredStateGivesTheSameNextSteps) {
  MethodRun whole(GetParam());
  whole.steps(0, 4);  // between boundaries for nip, inside round 2 for rpp
  const auto values = whole.params.values().detach().clone();
  const auto exp_avg = whole.optimizer.exp_avg().clone();
  const auto exp_avg_sq = whole.optimizer.exp_avg_sq().clone();
  const auto state = saved_state(*whole.pruner);
  const auto steps_done = whole.optimizer.step_count();
  const auto gamma = whole.pruner->rule().gamma;
  whole.pruner->take_events();
  whole.steps(4, 12);
  whole.pruner->finish();

  MethodRun resumed(GetParam());
  resumed.params.values().detach().copy_(values);
  resumed.optimizer.exp_avg().copy_(exp_avg);
  resumed.optimizer.exp_avg_sq().copy_(exp_avg_sq);
  resumed.optimizer.set_step_count(steps_done);
  resumed.pruner->load_state(state);
  EXPECT_EQ(resumed.pruner->rule().gamma, gamma);  // also where no later step makes a plan
  resumed.steps(4, 12);
  resumed.pruner->finish();

  EXPECT_TRUE(resumed.params.values().equal(whole.params.values()));
  EXPECT_TRUE(resumed.optimizer.exp_avg().equal(whole.optimizer.exp_avg()));
  EXPECT_TRUE(resumed.pruner->mask().equal(whole.pruner->mask()));
  EXPECT_EQ(events_of(*resumed.pruner), events_of(*whole.pruner));
}

TEST_P(EveryMethod, StartingAStepTwiceChangesNothing) {
  MethodRun run(GetParam());
  run.steps(0, 4);
  run.pruner->begin_step(4);
  const auto state = saved_state(*run.pruner);
  run.pruner->begin_step(4);
  for (const auto& [name, tensor] : run.pruner->state()) EXPECT_TRUE(tensor.equal(state.at(name))) << name;
}

TEST_P(EveryMethod, AFinishedStateCanBeLoaded) {
  MethodRun run(GetParam());
  run.steps(0, 12);
  run.pruner->finish();
  MethodRun other(GetParam());
  other.params.values().detach().copy_(run.params.values());
  other.pruner->load_state(saved_state(*run.pruner));
  other.pruner->finish();
  EXPECT_TRUE(other.pruner->mask().equal(run.pruner->mask()));
}

INSTANTIATE_TEST_SUITE_P(Pruner, EveryMethod,
                         testing::Values("dense", "rpp", "rpp_with_target", "nip", "gradual", "one_shot",
                                         "movement", "soft_movement", "fixed"),
                         [](const auto& info) { return info.param; });

TEST(Pruner, DriftIsAnErrorNamingTheMatrixAndTheCount) {
  MethodRun run("fixed");
  run.steps(0, 2);
  EXPECT_NO_THROW(run.pruner->check_drift());
  const auto first_zero = run.pruner->mask().narrow(0, 42, 42).eq(0).nonzero()[0].item<int64_t>();
  run.params.values().detach()[42 + first_zero] = 1e-7F;
  try {
    run.pruner->check_drift();
    FAIL() << "accepted";
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("1 of 43 zeros drifted: key has 1 weights"), std::string::npos)
        << error.what();
  }
}

TEST(Pruner, AFixedMaskTrainsOnlyKeptWeights) {
  MethodRun run("fixed");
  const auto before = run.params.values().detach().clone();
  run.steps(0, 3);
  const auto pruned = run.pruner->mask().eq(0);
  const auto span = run.params.num_prunable();
  EXPECT_TRUE(run.params.values().narrow(0, 0, span).eq(0).equal(pruned));
  EXPECT_TRUE(run.params.values().narrow(0, span, 4).ne(before.narrow(0, span, 4)).all().item<bool>());
}

TEST(Pruner, AFixedMaskDoesNotHideDrift) {
  MethodRun run("fixed");
  run.steps(0, 2);
  run.params.values()[0] = 1.0F;  // its mask prunes every third weight, starting with this one
  run.pruner->begin_step(2);
  EXPECT_THROW(run.pruner->check_drift(), Error);
}

TEST(Pruner, AFixedMaskIsRestoredFromItsState) {
  MethodRun run("fixed");
  const auto other = torch::arange(run.params.num_prunable()).remainder(2).to(torch::kUInt8);
  run.pruner->load_state({{"keep", other}});
  EXPECT_TRUE(run.pruner->mask().equal(other));
}

TEST(Pruner, WithoutAMaskFixedHoldsTheZerosOfTheModel) {
  FlatParams params(one_matrix(torch::tensor({{0.5F, 0.0F, -0.1F}})));
  const auto pruner = make_pruner(config_of("fixed"), {params, nullptr, 10});
  EXPECT_TRUE(pruner->mask().equal(torch::tensor({1, 0, 1}, torch::kUInt8)));
}

TEST(Pruner, FixedRefusesAModelWithoutZerosAndAMaskOfAnotherSize) {
  FlatParams params(three_matrices(8));
  EXPECT_THROW(make_pruner(config_of("fixed"), {params, nullptr, 10}), UsageError);
  EXPECT_THROW(make_pruner(config_of("fixed"), {params, nullptr, 10, torch::ones({3}, torch::kUInt8)}),
               Error);
}

// The methods that choose weights to prune.
class EveryPruningMethod : public testing::TestWithParam<std::string> {};

INSTANTIATE_TEST_SUITE_P(Pruner, EveryPruningMethod,
                         testing::Values("rpp", "rpp_with_target", "nip", "gradual", "one_shot", "movement",
                                         "soft_movement"),
                         [](const auto& info) { return info.param; });

// Continued pruning: initial zeros stay zero and count towards the target.
TEST_P(EveryPruningMethod, InitialZerosAreKept) {
  FlatParams params(three_matrices(9));
  const auto brought = torch::arange(params.num_prunable()).remainder(4).eq(0);
  params.values().detach().narrow(0, 0, params.num_prunable()).masked_fill_(brought, 0.0);
  ProxAdamW optimizer(params, without_decay());
  const auto pruner =
      make_pruner(config_of(GetParam()), {params, &optimizer, 12, {}, [](int64_t) { return 0.01; }});
  for (int64_t step = 0; step < 12; ++step) {
    pruner->begin_step(step);
    params.grads().copy_(gaussian({params.grads().numel()}, 1.0, 50 + static_cast<uint64_t>(step)));
    pruner->observe_gradients(1.0);
    optimizer.step(0.01, pruner->rule());
    const auto weights = params.values().narrow(0, 0, params.num_prunable());
    EXPECT_FALSE(weights.ne(0).logical_and(brought).any().item<bool>()) << "step " << step;
    EXPECT_NO_THROW(pruner->check_drift());
  }
}

TEST_P(EveryPruningMethod, AnExcludedMatrixIsNotPruned) {
  FlatParams params(three_matrices(10));
  ProxAdamW optimizer(params, without_decay());
  auto config = config_of(GetParam());
  config.exclude = {"k?y"};
  const auto pruner = make_pruner(config, {params, &optimizer, 12, {}, [](int64_t) { return 0.01; }});
  for (int64_t step = 0; step < 12; ++step) {
    pruner->begin_step(step);
    params.grads().copy_(gaussian({params.grads().numel()}, 1.0, 50 + static_cast<uint64_t>(step)));
    pruner->observe_gradients(1.0);
    optimizer.step(0.01, pruner->rule());
  }
  pruner->finish();
  EXPECT_EQ(zero_ratio(params.values().narrow(0, 42, 42)), 0.0);
  EXPECT_GT(zero_ratio(params.values().narrow(0, 0, 42)), 0.0);
}

TEST(Pruner, AModelWithMoreZerosThanTheTargetIsRefused) {
  for (const auto* method : {"nip", "gradual", "movement", "rpp_with_target"}) {
    FlatParams params(three_matrices(11));
    params.values().detach().narrow(0, 0, 100).zero_();
    try {
      make_pruner(config_of(method), {params, nullptr, 12, {}, [](int64_t) { return 0.01; }});
      FAIL() << method << " accepted";
    } catch (const UsageError& error) {
      EXPECT_NE(std::string(error.what()).find("comes with 77.5 % zeros, more than the 59.7 %"),
                std::string::npos)
          << error.what();
    }
  }
}

TEST(Pruner, APrunedWeightIsZeroInTheWorkingCopy) {
  FlatParams params(three_matrices(7), Precision::bf16);
  const auto pruner = make_pruner(config_of("one_shot"), {params, nullptr, 12});
  pruner->finish();
  EXPECT_GT(zero_ratio(params.values()), 0.1);
  EXPECT_TRUE(params.working().equal(params.values().to(torch::kBFloat16)));
}

TEST(Pruner, AnEventCountsPrunedAndReturnedWeights) {
  MethodRun run("nip");
  run.steps(0, 5);
  const auto events = run.pruner->take_events();
  ASSERT_EQ(events.size(), 2U);
  EXPECT_NE(events[1].text.find("stage 2/3: 40.31 % pruned, 20.93 % of it new; 0.00 % returned"),
            std::string::npos)
      << events[1].text;
  EXPECT_DOUBLE_EQ(events[1].values.at("newly_pruned"), 27.0 / 129);
  EXPECT_TRUE(run.pruner->take_events().empty());
}

TEST(Pruner, StateOfAnotherMethodIsRefused) {
  MethodRun nip("nip");
  EXPECT_THROW(nip.pruner->load_state({{"alpha", torch::ones({129})}}), Error);
}

TEST(Pruner, StateOfOtherGroupsIsRefused) {
  MethodRun rpp("rpp_with_target");
  auto state = saved_state(*rpp.pruner);
  ASSERT_TRUE(state.contains("controller"));
  for (const int64_t numbers : {1, 7}) {  // no group, or two groups
    state["controller"] = torch::zeros({numbers}, torch::kFloat64);
    EXPECT_THROW(rpp.pruner->load_state(state), Error) << numbers;
  }
}

TEST(Pruner, DenseKeepsEverything) {
  MethodRun run("dense");
  run.steps(0, 2);
  EXPECT_EQ(run.pruner->rule().kind, ShrinkRule::Kind::none);
  EXPECT_TRUE(run.pruner->mask().all().item<bool>());
}

}  // namespace
}  // namespace rpp::test
