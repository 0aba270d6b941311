#include "plan/plan.h"

#include <gtest/gtest.h>

#include "rpp/error.h"

namespace rpp {
namespace {

using Steps = std::vector<int64_t>;

PruneConfig config_of(const std::string& method) {
  PruneConfig config;
  config.method = prune_method(method);
  config.rpp.rounds = 4;
  config.recovery_share = 0;
  return config;
}

Steps steps_of(const std::vector<MaskUpdate>& updates) {
  Steps steps;
  for (const auto& update : updates) steps.push_back(update.step);
  return steps;
}

template <typename Call>
std::string message_of(Call call) {
  try {
    call();
  } catch (const UsageError& error) {
    return error.what();
  }
  return "accepted";
}

TEST(Plan, RecoveryIsAFractionOrANumberOfSteps) {
  auto config = config_of("rpp");
  EXPECT_EQ(recovery_start(config, 100), 100);
  config.recovery_share = 0.3;
  EXPECT_EQ(recovery_start(config, 100), 70);
  config.recovery_steps = 45;
  EXPECT_EQ(recovery_start(config, 100), 55);
}

TEST(Plan, RecoveryLeavesAtLeastOneStep) {
  auto config = config_of("rpp");
  config.recovery_steps = 100;
  EXPECT_NE(message_of([&] { recovery_start(config, 100); }).find("leave none of 100 to prune in"),
            std::string::npos);
  config.recovery_steps = 99;
  EXPECT_EQ(recovery_start(config, 100), 1);
}

TEST(Plan, RoundsFillTheStepsBeforeRecovery) {
  auto config = config_of("rpp");
  config.rpp.rounds = 4;
  config.rpp.first_round_share = 0.5;
  config.recovery_steps = 30;
  EXPECT_EQ(round_starts(config, 100), (Steps{0, 10, 30, 50}));
  config.rpp.rounds = 71;
  EXPECT_NE(message_of([&] { round_starts(config, 100); }).find("71 do not fit into 70 steps"),
            std::string::npos);
}

TEST(Plan, RoundsMayHaveAGivenNumberOfSteps) {
  auto config = config_of("rpp");
  config.rpp.rounds = 4;
  config.rpp.first_round_share = 0.5;
  config.rpp.steps_per_round = 20;
  EXPECT_EQ(round_starts(config, 100), (Steps{0, 10, 30, 50}));
  EXPECT_EQ(round_starts(config, 51), (Steps{0, 10, 30, 50}));
  EXPECT_NE(message_of([&] { round_starts(config, 50); }).find("the last would start at step 50"),
            std::string::npos);
}

TEST(Plan, TheFirstRoundHasAtLeastOneStep) {
  auto config = config_of("rpp");
  config.rpp.first_round_share = 0.01;
  EXPECT_EQ(round_starts(config, 10), (Steps{0, 1, 4, 7}));
  config.rpp.rounds = 1;
  EXPECT_EQ(round_starts(config, 10), (Steps{0}));
}

TEST(Plan, EachRoundAndStageHasAtLeastOneStep) {
  auto config = config_of("rpp");
  config.rpp.first_round_share = 1;
  EXPECT_EQ(round_starts(config, 4), (Steps{0, 1, 2, 3}));
  EXPECT_NE(message_of([&] { round_starts(config, 3); }).find("4 do not fit into 3 steps"),
            std::string::npos);
  auto nip = config_of("nip");
  nip.nip.stages = 4;
  EXPECT_EQ(steps_of(mask_updates(nip, 4)), (Steps{0, 1, 2, 3}));
  EXPECT_NE(message_of([&] { mask_updates(nip, 3); }).find("4 do not fit into 3 steps"), std::string::npos);
}

TEST(Plan, NipHasOneStagePerTenPoints) {
  auto config = config_of("nip");
  const auto stages_for = [&](double ratio) {
    config.target_ratio = ratio;
    return mask_updates(config, 100).size();
  };
  EXPECT_EQ(stages_for(0.1 + 0.2), 3U);  // a little more than 0.3
  EXPECT_EQ(stages_for(0.31), 4U);
  EXPECT_EQ(stages_for(0.05), 1U);
  EXPECT_EQ(stages_for(0), 1U);
}

TEST(Plan, NipStagesAreEquallyLongAndRiseEqually) {
  auto config = config_of("nip");
  config.target_ratio = 0.5;
  const auto updates = mask_updates(config, 100);
  EXPECT_EQ(steps_of(updates), (Steps{0, 20, 40, 60, 80}));
  EXPECT_DOUBLE_EQ(updates[0].share, 0.2);
  EXPECT_DOUBLE_EQ(updates[4].share, 1.0);
  config.nip.stages = 3;
  EXPECT_EQ(steps_of(mask_updates(config, 10)), (Steps{0, 4, 7}));
}

TEST(Plan, NipStagesLieCloserWhereTheLastWouldBeShorterThanTheRecovery) {
  auto config = config_of("nip");
  config.target_ratio = 0.5;
  config.recovery_share = 0.2;  // that of the last of five stages
  EXPECT_EQ(steps_of(mask_updates(config, 100)), (Steps{0, 20, 40, 60, 80}));
  config.recovery_share = 0.3;
  EXPECT_EQ(steps_of(mask_updates(config, 100)), (Steps{0, 18, 35, 53, 70}));
  config.nip.stages = 1;
  EXPECT_EQ(steps_of(mask_updates(config, 100)), (Steps{0}));
}

// Equal for all but the published forms of RPP and NIP, and one-shot pruning, which has its own key.
TEST(Plan, RecoveryIsThatOfTheMethodUnlessItIsSet) {
  for (const auto& [method, start] :
       {std::pair{"rpp", 100}, {"nip", 100}, {"rpp_preconditioned", 70}, {"gradual", 70}, {"movement", 70}}) {
    auto config = config_of(method);
    config.recovery_share = PruneConfig{}.recovery_share;
    EXPECT_EQ(recovery_start(config, 100), start) << method;
    config.recovery_share = 0;
    EXPECT_EQ(recovery_start(config, 100), 100) << method;
  }
}

// t = 1/4, 1/2, 3/4, 1 of the ramp: 1 - (1 - t)^3.
TEST(Plan, GradualFollowsTheCubicRampBetweenItsEndPoints) {
  auto config = config_of("gradual");
  config.ramp.begin = 0.1;
  config.recovery_share = 0.5;
  config.ramp.updates = 4;
  const auto updates = mask_updates(config, 100);
  EXPECT_EQ(steps_of(updates), (Steps{20, 30, 40, 50}));
  EXPECT_DOUBLE_EQ(updates[0].share, 1 - 0.421875);
  EXPECT_DOUBLE_EQ(updates[1].share, 0.875);
  EXPECT_DOUBLE_EQ(updates[2].share, 1 - 0.015625);
  EXPECT_DOUBLE_EQ(updates[3].share, 1.0);
}

TEST(Plan, ARampHasNoMoreUpdatesThanSteps) {
  auto config = config_of("movement");
  config.recovery_share = 0.95;
  EXPECT_EQ(steps_of(mask_updates(config, 100)), (Steps{1, 2, 3, 4, 5}));
}

TEST(Plan, ARampHasAtLeastOneStep) {
  auto config = config_of("gradual");
  config.ramp.begin = 0.5;
  config.recovery_share = 0.499;
  EXPECT_EQ(steps_of(mask_updates(config, 100)), (Steps{51}));
}

TEST(Plan, OneShotPrunesBeforeTrainingOrAfterTheLastStep) {
  auto config = config_of("one_shot");
  EXPECT_EQ(steps_of(mask_updates(config, 100)), (Steps{0}));
  config.one_shot.at = 1;
  EXPECT_EQ(steps_of(mask_updates(config, 100)), (Steps{100}));
}

TEST(Plan, ThePruningPhaseEndsWhenTheMaskIsFinal) {
  auto rpp = config_of("rpp");
  rpp.recovery_share = 0.3;
  EXPECT_EQ(phase_starts(rpp, 100), (Steps{0, 70}));
  auto nip = config_of("nip");
  nip.nip.stages = 2;
  EXPECT_EQ(phase_starts(nip, 100), (Steps{0, 50}));
  auto gradual = config_of("gradual");
  gradual.recovery_share = 0.3;
  EXPECT_EQ(phase_starts(gradual, 100), (Steps{0, 70}));
  EXPECT_EQ(phase_starts(config_of("one_shot"), 100), (Steps{0}));
  auto one_shot = config_of("one_shot");
  one_shot.one_shot.at = 1;  // no step follows
  EXPECT_EQ(phase_starts(one_shot, 100), (Steps{0}));
  one_shot.one_shot.at = 0.99;
  EXPECT_EQ(phase_starts(one_shot, 100), (Steps{0, 99}));
  EXPECT_EQ(phase_starts(config_of("dense"), 100), (Steps{0}));
}

TEST(Plan, TheDescriptionNamesExtensionsOfTheMethod) {
  auto config = config_of("rpp");
  config.rpp.final_topk = true;
  config.recovery_steps = 30;
  config.target_ratio = 0.8;
  const auto text = describe_plan(config, 100);
  EXPECT_NE(text.find("4 rounds in 70 steps"), std::string::npos) << text;
  EXPECT_NE(text.find("gamma adjusted to reach 80.0 %"), std::string::npos) << text;
  EXPECT_NE(text.find("not part of the method"), std::string::npos) << text;
  EXPECT_EQ(text.find("blocks"), std::string::npos) << text;
  for (const auto* method : {"rpp", "gradual"}) {
    config.method = prune_method(method);
    config.block = 4;
    EXPECT_NE(describe_plan(config, 100).find("; in blocks of 4 neighbouring inputs"), std::string::npos)
        << method;
  }
}

}  // namespace
}  // namespace rpp
