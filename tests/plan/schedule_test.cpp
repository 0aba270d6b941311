#include "plan/schedule.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "rpp/error.h"

namespace rpp {
namespace {

ScheduleConfig schedule(const std::string& decay, int64_t warmup_steps = 0, double warmup_ratio = 0.0) {
  return {.decay = decay, .warmup_steps = warmup_steps, .warmup_ratio = warmup_ratio};
}

TEST(Schedule, WarmupIsLinearAndTheFirstStepIsNotZero) {
  for (const auto* decay : {"linear", "cosine", "constant"}) {
    EXPECT_DOUBLE_EQ(schedule_factor(schedule(decay, 4), 0, 10), 0.25) << decay;
    EXPECT_DOUBLE_EQ(schedule_factor(schedule(decay, 4), 2, 10), 0.75) << decay;
    EXPECT_DOUBLE_EQ(schedule_factor(schedule(decay, 4), 3, 10), 1.0) << decay;
  }
}

TEST(Schedule, LinearReachesZeroAfterTheLastStep) {
  const auto linear = schedule("linear", 4);
  EXPECT_DOUBLE_EQ(schedule_factor(linear, 4, 10), 1.0);
  EXPECT_DOUBLE_EQ(schedule_factor(linear, 7, 10), 0.5);
  EXPECT_NEAR(schedule_factor(linear, 9, 10), 1.0 / 6, 1e-15);  // the last step still moves weights
  EXPECT_DOUBLE_EQ(schedule_factor(linear, 10, 10), 0.0);
}

TEST(Schedule, CosineIsHalfInTheMiddle) {
  const auto cosine = schedule("cosine", 4);
  EXPECT_DOUBLE_EQ(schedule_factor(cosine, 4, 10), 1.0);
  EXPECT_NEAR(schedule_factor(cosine, 7, 10), 0.5, 1e-15);
  EXPECT_NEAR(schedule_factor(cosine, 9, 10), 0.5 * (1 + std::cos(M_PI * 5 / 6)), 1e-15);
  EXPECT_NEAR(schedule_factor(cosine, 10, 10), 0.0, 1e-15);
}

TEST(Schedule, ConstantStays) {
  EXPECT_DOUBLE_EQ(schedule_factor(schedule("constant", 4), 9, 10), 1.0);
  EXPECT_DOUBLE_EQ(schedule_factor(schedule("constant"), 0, 10), 1.0);
}

TEST(Schedule, WithoutWarmupTheFirstStepHasTheFullLearningRate) {
  EXPECT_DOUBLE_EQ(schedule_factor(schedule("linear"), 0, 10), 1.0);
  EXPECT_DOUBLE_EQ(schedule_factor(schedule("linear"), 9, 10), 0.1);
}

TEST(Schedule, ARatioIsRoundedToStepsAndAStepCountWins) {
  EXPECT_DOUBLE_EQ(schedule_factor(schedule("linear", 0, 0.25), 0, 10), 1.0 / 3);  // 2.5 rounds up
  EXPECT_DOUBLE_EQ(schedule_factor(schedule("linear", 2, 0.5), 0, 10), 0.5);
}

TEST(Schedule, IsNeverNegative) {
  EXPECT_DOUBLE_EQ(schedule_factor(schedule("linear"), 15, 10), 0.0);
  EXPECT_NEAR(schedule_factor(schedule("cosine"), 15, 10), 0.0, 1e-15);
  EXPECT_DOUBLE_EQ(schedule_factor(schedule("linear", 20), 9, 10), 0.5);  // a run shorter than its warmup
  EXPECT_DOUBLE_EQ(schedule_factor(schedule("linear", 10), 10, 10), 1.0);
  EXPECT_DOUBLE_EQ(schedule_factor(schedule("linear"), 0, 1), 1.0);  // one step
}

TEST(Schedule, RewindingWarmsUpAndDecaysInEachPhase) {
  const std::vector<int64_t> starts = {0, 10};  // the second phase is 20 steps long
  const ScheduleConfig rewind{.decay = "linear", .rewind = true, .warmup_ratio = 0.2};
  EXPECT_DOUBLE_EQ(schedule_factor(rewind, 0, 30, starts), 0.5);
  EXPECT_DOUBLE_EQ(schedule_factor(rewind, 2, 30, starts), 1.0);
  EXPECT_DOUBLE_EQ(schedule_factor(rewind, 9, 30, starts), 0.125);
  EXPECT_DOUBLE_EQ(schedule_factor(rewind, 10, 30, starts), 0.25);
  EXPECT_DOUBLE_EQ(schedule_factor(rewind, 14, 30, starts), 1.0);
  EXPECT_DOUBLE_EQ(schedule_factor(rewind, 22, 30, starts), 0.5);
  auto late = rewind;
  late.decay_begin = 0.5;  // of each phase
  EXPECT_DOUBLE_EQ(schedule_factor(late, 5, 30, starts), 1.0);
  EXPECT_DOUBLE_EQ(schedule_factor(late, 9, 30, starts), 0.2);
  EXPECT_DOUBLE_EQ(schedule_factor(late, 20, 30, starts), 1.0);
  EXPECT_DOUBLE_EQ(schedule_factor(late, 25, 30, starts), 0.5);
}

TEST(Schedule, StaysConstantUntilTheDecayBegins) {
  const ScheduleConfig late{.decay = "linear", .decay_begin = 0.7, .warmup_ratio = 0.2};
  EXPECT_DOUBLE_EQ(schedule_factor(late, 2, 30), 0.5);  // a warmup of 6 steps
  EXPECT_DOUBLE_EQ(schedule_factor(late, 6, 30), 1.0);
  EXPECT_DOUBLE_EQ(schedule_factor(late, 21, 30), 1.0);
  EXPECT_DOUBLE_EQ(schedule_factor(late, 24, 30), 2.0 / 3);
  EXPECT_NEAR(schedule_factor(late, 29, 30), 1.0 / 9, 1e-15);
  auto long_warmup = late;
  long_warmup.warmup_ratio = 0.8;  // ends after the decay should begin
  EXPECT_DOUBLE_EQ(schedule_factor(long_warmup, 23, 30), 1.0);
  EXPECT_DOUBLE_EQ(schedule_factor(long_warmup, 24, 30), 1.0);
  EXPECT_DOUBLE_EQ(schedule_factor(long_warmup, 27, 30), 0.5);
}

// One curve for all methods: whatever their phases, the factor of a step is the same.
TEST(Schedule, WithoutRewindingTheCurveDoesNotDependOnTheMethodsPhases) {
  const ScheduleConfig late{.decay = "cosine", .decay_begin = 0.7, .warmup_ratio = 0.05};
  for (int64_t step = 0; step <= 100; ++step) {
    const double expected = schedule_factor(late, step, 100);
    for (const auto& starts : {std::vector<int64_t>{0}, {0, 70}, {0, 20, 40, 60, 80}}) {
      EXPECT_EQ(schedule_factor(late, step, 100, starts), expected) << step;
    }
  }
}

std::string refusal(const ScheduleConfig& config, int64_t total_steps, std::vector<int64_t> phase_starts) {
  try {
    check_warmup(config, total_steps, phase_starts);
  } catch (const UsageError& error) {
    return error.what();
  }
  return "accepted";
}

TEST(CheckWarmup, AWarmupMustNotExceedTheRun) {
  EXPECT_EQ(refusal(schedule("linear", 10), 10, {0}), "accepted");
  EXPECT_EQ(refusal(schedule("linear", 11), 10, {0}),
            "schedule.warmup_steps is 11, but the run has 10 steps: set fewer, or schedule.warmup_ratio, or "
            "train for longer");
  EXPECT_EQ(refusal(schedule("linear", 0, 0.5), 10, {0}), "accepted");
}

TEST(CheckWarmup, AWarmupOfEachPhaseMustNotExceedAnyPhase) {
  auto each = schedule("linear", 4);
  each.rewind = true;
  EXPECT_EQ(refusal(each, 14, {0, 5, 9}), "accepted");
  each.warmup_steps = 5;
  EXPECT_EQ(refusal(each, 14, {0, 5, 9}),
            "schedule.warmup_steps is 5, but with schedule.rewind the phase from step 5 to step 9 has 4 "
            "steps: set fewer, or schedule.warmup_ratio, which counts by phase");
  EXPECT_NE(refusal(each, 13, {0, 9}), "accepted");  // exceeds the last phase
  EXPECT_NE(refusal(each, 13, {0, 4}), "accepted");  // exceeds the first phase
  each.rewind = false;
  EXPECT_EQ(refusal(each, 14, {0, 5, 9}), "accepted");
}

}  // namespace
}  // namespace rpp
