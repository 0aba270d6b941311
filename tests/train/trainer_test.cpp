#include "train/trainer.h"

#include <gtest/gtest.h>

#include "core/atomic_file.h"
#include "rpp/error.h"
#include "runs/checkpoint.h"
#include "scripted_task.h"
#include "train/tensors.h"

namespace rpp::test {
namespace {

TEST_F(TrainerTest, LogsEvaluatesAndSavesOnSchedule) {
  const TrainOutcome outcome = Trainer(task_, config(10)).run();
  EXPECT_FALSE(outcome.stopped);
  EXPECT_EQ(outcome.counters.step, 10);
  EXPECT_EQ(outcome.counters.tokens, 40);
  std::vector<std::string> events;
  for (const auto& line : metrics()) {
    events.push_back(fmt::format("{} {}", line["kind"].get<std::string>(), line["step"].get<int64_t>()));
  }
  EXPECT_EQ(events, (std::vector<std::string>{"train 3", "eval 4", "train 6", "eval 8", "train 9", "train 10",
                                              "eval 10"}));
  const auto checkpoints = list_checkpoints(dir_ / "run");  // keep_last is 2
  ASSERT_EQ(checkpoints.size(), 2U);
  EXPECT_EQ(checkpoints[0].step, 8);
  EXPECT_EQ(checkpoints[1].step, 10);
  EXPECT_TRUE(std::filesystem::exists(dir_ / "run/model.safetensors"));
}

TEST_F(TrainerTest, NonFiniteStepsAreSkippedAndCounted) {
  task_.bad_steps = {1, 2};
  Trainer trainer(task_, config(4));
  EXPECT_TRUE(trainer.step_once());
  const auto before = trainer.params().values().clone();
  EXPECT_FALSE(trainer.step_once());
  EXPECT_FALSE(trainer.step_once());
  EXPECT_TRUE(trainer.params().values().equal(before));
  EXPECT_EQ(trainer.optimizer().step_count(), 1);
  EXPECT_TRUE(trainer.step_once());
  EXPECT_EQ(trainer.counters().skipped_steps, 2);
  EXPECT_EQ(trainer.counters().bad_in_a_row, 0);
}

TEST_F(TrainerTest, TooManyConsecutiveBadStepsEndTheRunNamingTheLastCheckpoint) {
  task_.bad_steps = {5, 6, 7};
  Trainer trainer(task_, config(10));
  EXPECT_EQ(message_of([&] { trainer.run(); }),
            fmt::format(
                "3 steps in a row up to step 8 were not finite: lower optimizer.learning_rate; the last good "
                "checkpoint is {}",
                dir_ / "run/checkpoint-6"));
}

TEST_F(TrainerTest, ASignalStopsAfterTheStepWithACheckpoint) {
  task_.raise_at = 4;
  const TrainOutcome outcome = Trainer(task_, config(10)).run();
  EXPECT_TRUE(outcome.stopped);
  EXPECT_EQ(latest_checkpoint(dir_ / "run")->step, 5);
  EXPECT_FALSE(std::filesystem::exists(dir_ / "run/model.safetensors"));
}

TEST_F(TrainerTest, ASignalInAnEvaluationLeavesACheckpointOfTheStepBeforeIt) {
  task_.raise_in_evaluation = 1;
  const TrainOutcome outcome = Trainer(task_, config(10)).run();
  EXPECT_TRUE(outcome.stopped);
  EXPECT_TRUE(outcome.by_signal);
  EXPECT_EQ(outcome.counters.step, 8);
  EXPECT_EQ(latest_checkpoint(dir_ / "run")->step, 8);
}

// Evaluations are at 4, 8 and 10; the third is the one after the last step.
TEST_F(TrainerTest, ARunThatWasStoppedInAnEvaluationEndsAsTheUninterruptedOne) {
  auto settings = config(10);
  settings.train.log_every = 1;  // a line averages only steps of one process
  Trainer(task_, settings).run();
  const auto whole = metrics();
  const std::string weights = read_file(dir_ / "run/model.safetensors");
  for (const int64_t interrupted : {0, 1, 2}) {
    std::filesystem::remove_all(dir_ / "run");
    ScriptedTask stopped, resumed;
    stopped.raise_in_evaluation = interrupted;
    Trainer(stopped, settings).run();
    resumed.evaluations = interrupted;
    Trainer again(resumed, settings);
    again.resume(latest_checkpoint(dir_ / "run")->path);
    EXPECT_FALSE(again.run().stopped);
    EXPECT_EQ(read_file(dir_ / "run/model.safetensors"), weights) << interrupted;
    auto lines = metrics();
    ASSERT_EQ(lines.size(), whole.size()) << interrupted;
    for (size_t i = 0; i < lines.size(); ++i) {
      auto expected = whole[i];
      lines[i].erase("tokens_per_second");
      expected.erase("tokens_per_second");
      EXPECT_EQ(lines[i], expected) << interrupted;
    }
  }
}

// Lines are due at 3, 6, 9 and 10, with checkpoints between them; the step after the stop is not finite.
TEST_F(TrainerTest, AResumedRunLogsTheLinesOfTheUninterruptedOne) {
  task_.bad_steps = {4, 5};
  const TrainOutcome whole_outcome = Trainer(task_, config(10)).run();
  const auto whole = repeatable_metrics();
  for (const int64_t stopped_at : {1, 2, 4, 5, 7, 9}) {
    std::filesystem::remove_all(dir_ / "run");
    ScriptedTask first, second;
    first.bad_steps = second.bad_steps = {4, 5};
    auto settings = config(10);
    settings.stop_after_step = stopped_at;
    Trainer(first, settings).run();
    second.evaluations = first.evaluations;
    Trainer again(second, config(10));
    again.resume(checkpoint_path(dir_ / "run", stopped_at));
    const TrainOutcome outcome = again.run();
    EXPECT_EQ(repeatable_metrics(), whole) << stopped_at;
    EXPECT_EQ(outcome.last_train.at("loss"), whole_outcome.last_train.at("loss")) << stopped_at;
  }
}

TEST_F(TrainerTest, ResumingAtTheLastStepKeepsTheLastLoss) {
  const TrainOutcome whole = Trainer(task_, config(10)).run();
  ScriptedTask again_task;
  Trainer again(again_task, config(10));
  again.resume(dir_ / "run/checkpoint-10");
  EXPECT_EQ(again.run().last_train.at("loss"), whole.last_train.at("loss"));
}

TEST_F(TrainerTest, ResumingFromAnEarlierCheckpointLeavesOneBranch) {
  auto settings = config(10);
  settings.train.keep_last = 10;
  Trainer(task_, settings).run();
  ScriptedTask again_task;
  settings.optimizer.learning_rate = 0;
  settings.train.keep_last = 2;
  settings.train.steps = 6;
  Trainer again(again_task, settings);
  again.resume(dir_ / "run/checkpoint-2");
  again.run();
  const auto weights = [&](const char* run) {
    return load_tensors(dir_ / run / "model.safetensors").at("bert.pooler.dense.weight");
  };
  const auto checkpoints = list_checkpoints(dir_ / "run");
  ASSERT_EQ(checkpoints.size(), 2U);
  EXPECT_EQ(checkpoints[0].step, 4);
  EXPECT_EQ(checkpoints[1].step, 6);
  EXPECT_TRUE(torch::equal(weights("run/checkpoint-4"), weights("run")));  // its learning rate is 0
  EXPECT_FALSE(torch::equal(weights("run/abandoned-1/checkpoint-4"), weights("run")));
  EXPECT_EQ(list_checkpoints(dir_ / "run/abandoned-1").size(), 4U);
  EXPECT_NO_THROW(verify_checkpoint(dir_ / "run/abandoned-1/checkpoint-10"));
}

TEST_F(TrainerTest, ACheckpointMustContainTheStepInItsName) {
  Trainer(task_, config(10)).run();
  std::filesystem::rename(dir_ / "run/checkpoint-8", dir_ / "run/checkpoint-12");
  ScriptedTask again_task;
  Trainer again(again_task, config(10));
  EXPECT_EQ(message_of([&] { again.resume(dir_ / "run/checkpoint-12"); }),
            fmt::format("{} holds step 8: its name must say the same", dir_ / "run/checkpoint-12"));
}

TEST_F(TrainerTest, ACheckpointAtTheLastStepIsAcceptedAndALaterOneRefused) {
  Trainer(task_, config(10)).run();
  const auto resume_with = [&](int64_t steps) {
    ScriptedTask again_task;
    Trainer again(again_task, config(steps));
    return message_of([&] { again.resume(dir_ / "run/checkpoint-10"); });
  };
  EXPECT_EQ(resume_with(10), "no error");
  EXPECT_EQ(resume_with(9),
            fmt::format("{} has made 10 steps, this run ends at train.steps 9", dir_ / "run/checkpoint-10"));
}

TEST_F(TrainerTest, ASaveAtTheLastStepContainsTheFinalModel) {
  auto settings = config(4);
  settings.prune.method = PruneMethod::one_shot;
  settings.prune.one_shot.at = 1;  // after the last step
  settings.prune.target_ratio = 0.5;
  Trainer(task_, settings).run();
  EXPECT_EQ(read_file(dir_ / "run/checkpoint-4/model.safetensors"),
            read_file(dir_ / "run/model.safetensors"));
  EXPECT_TRUE(std::filesystem::exists(dir_ / "run/checkpoint-2"));
}

TEST_F(TrainerTest, AnExtendedRunLogsEachLineOnce) {
  Trainer(task_, config(10)).run();
  const auto lines = metrics();
  ScriptedTask again_task;
  Trainer again(again_task, config(10));
  again.resume(latest_checkpoint(dir_ / "run")->path);
  again.run();
  EXPECT_EQ(metrics(), lines);
}

TEST_F(TrainerTest, ASignalAfterTheLastStepStopsBeforeTheLastEvaluation) {
  task_.raise_at = 9;
  EXPECT_TRUE(Trainer(task_, config(10)).run().stopped);
  EXPECT_EQ(latest_checkpoint(dir_ / "run")->step, 10);
  EXPECT_EQ(task_.evaluations, 2);
}

TEST_F(TrainerTest, WithKeepZeroOnlyAStopLeavesACheckpoint) {
  task_.raise_at = 8;
  auto none = config(10);
  none.train.keep_last = 0;
  Trainer(task_, none).run();
  const auto checkpoints = list_checkpoints(dir_ / "run");
  ASSERT_EQ(checkpoints.size(), 1U);
  EXPECT_EQ(checkpoints[0].step, 9);
}

// A process killed after the last checkpoint and before removing older ones leaves them to the next.
TEST_F(TrainerTest, ResumingAtTheLastStepRemovesOlderCheckpoints) {
  auto all = config(10);
  all.train.keep_last = 5;
  Trainer(task_, all).run();
  ASSERT_GT(list_checkpoints(dir_ / "run").size(), 1U);
  auto one = config(10);
  one.train.keep_last = 1;
  ScriptedTask task;
  Trainer resumed(task, one);
  resumed.resume(dir_ / "run/checkpoint-10");
  resumed.run();
  const auto checkpoints = list_checkpoints(dir_ / "run");
  ASSERT_EQ(checkpoints.size(), 1U);
  EXPECT_EQ(checkpoints[0].step, 10);
}

TEST_F(TrainerTest, ACheckpointOfAnotherMethodIsRefused) {
  auto stopped = config(10);
  stopped.stop_after_step = 2;
  Trainer(task_, stopped).run();
  ScriptedTask other_task;
  auto other = config(10);
  other.prune.method = PruneMethod::nip;
  Trainer trainer(other_task, other);
  EXPECT_EQ(message_of([&] { trainer.resume(dir_ / "run/checkpoint-2"); }),
            fmt::format("{} was written by a run with prune.method dense, this one has nip",
                        dir_ / "run/checkpoint-2/training/state.json"));
}

TEST_F(TrainerTest, AnUnknownPrunerStateIsRefusedNamingItsFile) {
  auto stopped = config(10);
  stopped.prune.method = PruneMethod::nip;
  stopped.stop_after_step = 2;
  Trainer(task_, stopped).run();
  const auto checkpoint = dir_ / "altered";
  write_checkpoint(checkpoint, [&](const auto& directory) {
    std::filesystem::copy(dir_ / "run/checkpoint-2", directory, std::filesystem::copy_options::recursive);
    std::filesystem::remove(directory / "manifest.json");
    save_tensors(directory / "training/pruner.safetensors", {{"alpha", torch::ones({2})}});
  });
  ScriptedTask task;
  Trainer trainer(task, stopped);
  EXPECT_EQ(message_of([&] { trainer.resume(checkpoint); }),
            fmt::format("{}: no pruner state 'keep': it was written by a run with another prune.method",
                        checkpoint / "training/pruner.safetensors"));
}

TEST_F(TrainerTest, AMaskThatTheWeightsViolateIsAnError) {
  auto pruned = config(4);
  pruned.prune.method = PruneMethod::nip;
  pruned.prune.target_ratio = 0.5;
  pruned.prune.nip.stages = 2;
  Trainer(task_, pruned).run();
  ScriptedTask dense_task;
  const Trainer dense(dense_task, config(4));
  const std::string message = message_of([&] { dense.check_against_mask(dir_ / "run/mask.safetensors"); });
  EXPECT_NE(message.find("224 of 224 zeros drifted (32 in bert.encoder.layer.0.attention.self.query.weight)"),
            std::string::npos)
      << message;
}

TEST_F(TrainerTest, ANonFiniteMetricEndsTheRunNamingIt) {
  task_.scores = {0.5, std::numeric_limits<double>::quiet_NaN()};
  EXPECT_EQ(
      message_of([&] { Trainer(task_, config(10)).run(); }),
      fmt::format("the evaluation at step 8 gives score nan: lower optimizer.learning_rate; the last good "
                  "checkpoint is {}",
                  dir_ / "run/checkpoint-6"));
  std::filesystem::remove_all(dir_ / "run");
  ScriptedTask infinite;
  infinite.scores = {-std::numeric_limits<double>::infinity()};
  EXPECT_NE(message_of([&] { Trainer(infinite, config(10)).run(); }).find("gives score -inf"),
            std::string::npos);
}

TEST_F(TrainerTest, WeightsThatAreNotFiniteAreNotSaved) {
  Trainer trainer(task_, config(4));
  trainer.step_once();
  const auto& entry = trainer.params().entries().back();
  trainer.params().values().narrow(0, entry.offset, 2).fill_(std::numeric_limits<float>::infinity());
  EXPECT_EQ(message_of([&] { trainer.save(dir_ / "checkpoint"); }),
            fmt::format("2 of {} weights of {} are not finite after step 1, they are not saved: lower "
                        "optimizer.learning_rate; there is no checkpoint yet",
                        entry.numel, entry.name));
  EXPECT_FALSE(std::filesystem::exists(dir_ / "checkpoint"));
}

TEST_F(TrainerTest, ACheckpointWithMomentsThatAreNotFiniteIsRefusedByName) {
  Trainer trainer(task_, config(4));
  trainer.step_once();
  trainer.optimizer().exp_avg_sq()[3] = std::numeric_limits<float>::infinity();
  trainer.save(dir_ / "checkpoint");
  ScriptedTask other;
  EXPECT_EQ(
      message_of([&] { Trainer(other, config(4)).resume(dir_ / "checkpoint"); }),
      fmt::format("{}: tensor exp_avg_sq holds values that are not finite: resume from an earlier checkpoint",
                  dir_ / "checkpoint/training/optimizer.safetensors"));
}

TEST_F(TrainerTest, AWarmupLongerThanTheRunIsRefused) {
  auto settings = config(10);
  settings.schedule.warmup_steps = 10;
  EXPECT_NO_THROW(Trainer(task_, settings));
  settings.schedule.warmup_steps = 11;
  ScriptedTask again;
  EXPECT_THROW(Trainer(again, settings), UsageError);
}

TEST_F(TrainerTest, AStepInterruptedByASignalIsRepeatedBitForBit) {
  auto settings = config(10);
  settings.train.log_every = 1;
  settings.prune.method = PruneMethod::nip;
  settings.prune.target_ratio = 0.6;
  settings.prune.nip.stages = 3;
  Trainer(task_, settings).run();
  const std::string weights = read_file(dir_ / "run/model.safetensors");
  auto whole = metrics();
  for (int64_t step = 0; step < 10; ++step) {
    std::filesystem::remove_all(dir_ / "run");
    ScriptedTask stopped, resumed;
    stopped.raise_at = step;
    stopped.passes_stop = true;
    const TrainOutcome outcome = Trainer(stopped, settings).run();
    EXPECT_TRUE(outcome.stopped) << step;
    // The stages start at steps 0, 4 and 7: these are finished, with their events.
    const bool is_finished = step == 0 || step == 4 || step == 7;
    EXPECT_EQ(latest_checkpoint(dir_ / "run")->step, is_finished ? step + 1 : step) << step;
    Trainer again(resumed, settings);
    again.resume(latest_checkpoint(dir_ / "run")->path);
    resumed.evaluations = stopped.evaluations;
    EXPECT_FALSE(again.run().stopped);
    EXPECT_EQ(read_file(dir_ / "run/model.safetensors"), weights) << step;
    auto lines = metrics();
    ASSERT_EQ(lines.size(), whole.size()) << step;
    for (size_t i = 0; i < lines.size(); ++i) {
      lines[i].erase("tokens_per_second");
      whole[i].erase("tokens_per_second");
      EXPECT_EQ(lines[i], whole[i]) << step;
    }
  }
}

}  // namespace
}  // namespace rpp::test
