#include "rpp/train/trainer.h"

#include <gtest/gtest.h>

#include <csignal>
#include <fstream>
#include <limits>
#include <nlohmann/json.hpp>

#include "rpp/core/atomic_file.h"
#include "rpp/core/error.h"
#include "rpp/core/stop_signal.h"
#include "rpp/model/hf_checkpoint.h"
#include "rpp/model/init.h"
#include "rpp/ops/torch.h"
#include "rpp/train/checkpoint.h"
#include "rpp/train/tensors.h"
#include "tiny_run.h"

namespace rpp::test {
namespace {

ModelConfig tiny_model() {
  ModelConfig config;
  config.vocab_size = 20;
  config.hidden_size = 8;
  config.num_hidden_layers = 1;
  config.num_attention_heads = 2;
  config.intermediate_size = 12;
  config.max_position_embeddings = 8;
  return config;
}

// The loss is the mean square of all pooled values; it is NaN in `bad_steps`, and `raise_at` ends the run as
// SIGTERM would.
class ScriptedTask : public Task {
 public:
  ScriptedTask() : model_(tiny_model(), {}) { initialize(model_, 1); }

  Bert& model() override { return model_; }
  std::vector<PackedBatch> batches(int64_t step) const override {
    PackedBatch batch;
    batch.input_ids = {2, 7, 9, 3};
    batch.token_type_ids = {0, 0, 0, 0};
    batch.position_ids = {0, 1, 2, 3};
    batch.cu_seqlens = {0, 4};
    batch.labels = {static_cast<int32_t>(step)};
    return {batch};
  }
  TaskLoss loss(const PackedBatch& batch, const StepCounts&, const ForwardOptions&) override {
    const int64_t step = batch.labels[0];
    if (step == raise_at) std::raise(SIGTERM);
    const bool bad = std::find(bad_steps.begin(), bad_steps.end(), step) != bad_steps.end();
    auto loss = torch::zeros({});
    for (const auto& spec : model_.param_specs()) loss = loss + spec.param.square().mean();
    return {.loss = bad ? loss * std::numeric_limits<float>::quiet_NaN() : loss, .parts = {}};
  }
  // The n-th evaluation gives the n-th score, or 0 behind the last of them.
  Metrics evaluate() override {
    if (evaluations == raise_in_evaluation) std::raise(SIGTERM);
    check_stop();
    const auto n = static_cast<size_t>(evaluations++);
    return {{"evaluations", static_cast<double>(evaluations)},
            {"score", n < scores.size() ? scores[n] : 0.0}};
  }
  std::vector<std::string> metric_names() const override { return {"evaluations", "score"}; }
  void save_model(const std::filesystem::path& directory,
                  const std::map<std::string, std::string>& metadata) const override {
    save_weights(model_, directory, metadata);
  }

  std::vector<int64_t> bad_steps;
  std::vector<double> scores;
  int64_t raise_at = -1;
  int64_t raise_in_evaluation = -1;  // the number of evaluations before it
  int64_t evaluations = 0;

 private:
  Bert model_;
};

class TrainerTest : public testing::Test {
 protected:
  TrainerTest()
      : dir_(fmt::format("trainer_{}", testing::UnitTest::GetInstance()->current_test_info()->line())) {}

  TrainerConfig config(int64_t steps) const {
    TrainerConfig config;
    config.output_dir = dir_ / "run";
    config.optimizer.learning_rate = 1e-2;
    config.train.steps = steps;
    config.train.save_every = 2;
    config.train.eval_every = 4;
    config.train.log_every = 3;
    config.train.max_bad_steps = 3;
    return config;
  }

  std::vector<nlohmann::json> metrics() const {
    std::vector<nlohmann::json> lines;
    std::ifstream file(dir_ / "run/metrics.jsonl");
    for (std::string line; std::getline(file, line);) lines.push_back(nlohmann::json::parse(line));
    return lines;
  }

  TestDir dir_;
  ScriptedTask task_;
};

TEST_F(TrainerTest, LogsEvaluatesAndSavesWhenTheyAreDue) {
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

TEST_F(TrainerTest, StepsThatAreNotFiniteChangeNothingAndAreCounted) {
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

TEST_F(TrainerTest, TooManyBadStepsInARowEndTheRunAndNameTheLastGoodCheckpoint) {
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
  settings.train.log_every = 1;  // a line is a mean over the steps of one process
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

TEST_F(TrainerTest, ARunThatGoesOnAfterItsEndHasEachLineOnce) {
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

TEST_F(TrainerTest, WithoutCheckpointsToKeepOnlyAStopLeavesOne) {
  task_.raise_at = 8;
  auto none = config(10);
  none.train.keep_last = 0;
  Trainer(task_, none).run();
  const auto checkpoints = list_checkpoints(dir_ / "run");
  ASSERT_EQ(checkpoints.size(), 1U);
  EXPECT_EQ(checkpoints[0].step, 9);
}

TEST_F(TrainerTest, ACheckpointOfAnotherMethodIsRefused) {
  auto stopped = config(10);
  stopped.stop_after_step = 2;
  Trainer(task_, stopped).run();
  ScriptedTask other_task;
  auto other = config(10);
  other.prune.method = "nip";
  Trainer trainer(other_task, other);
  EXPECT_EQ(message_of([&] { trainer.resume(dir_ / "run/checkpoint-2"); }),
            fmt::format("{} was written by a run with prune.method dense, this one has nip",
                        dir_ / "run/checkpoint-2"));
}

TEST_F(TrainerTest, AMaskThatTheWeightsDoNotHonourIsAnError) {
  auto pruned = config(4);
  pruned.prune.method = "nip";
  pruned.prune.target_ratio = 0.5;
  pruned.prune.stages = 2;
  Trainer(task_, pruned).run();
  ScriptedTask dense_task;
  const Trainer dense(dense_task, config(4));
  const std::string message = message_of([&] { dense.check_against_mask(dir_ / "run/mask.safetensors"); });
  EXPECT_NE(message.find("224 of 224 zeros drifted (32 in bert.encoder.layer.0.attention.self.query.weight)"),
            std::string::npos)
      << message;
}

class BestModel : public TrainerTest {
 protected:
  // Evaluations at 2, 4, ... of ten steps.
  TrainerConfig best_of(std::vector<double> scores, int64_t patience = 0) {
    task_.scores = std::move(scores);
    TrainerConfig best = config(10);
    best.train.eval_every = 2;
    best.train.best_metric = "score";
    best.train.patience = patience;
    return best;
  }
  std::map<std::string, torch::Tensor> saved(const std::string& directory) const {
    return load_tensors(dir_ / directory / "model.safetensors");
  }
  void expect_equal_weights(const std::string& a, const std::string& b) const {
    for (const auto& [name, tensor] : saved(a)) EXPECT_TRUE(torch::equal(tensor, saved(b).at(name))) << name;
  }
};

TEST_F(BestModel, TheWeightsOfTheBestEvaluationAreTheModel) {
  TrainerConfig best = best_of({0.1, 0.5, 0.3, 0.5, 0.2});
  best.train.keep_last = 10;
  const TrainOutcome outcome = Trainer(task_, best).run();
  EXPECT_EQ(outcome.counters.step, 10);
  EXPECT_EQ(outcome.counters.best_step, 4);
  EXPECT_EQ(outcome.last_eval.at("evaluations"), 6);  // the saved weights are evaluated once more
  expect_equal_weights("run", "run/checkpoint-4");
  EXPECT_FALSE(torch::equal(saved("run").at("bert.pooler.dense.weight"),
                            saved("run/checkpoint-10").at("bert.pooler.dense.weight")));
}

TEST_F(BestModel, WithoutAMetricTheLastWeightsAreTheModel) {
  TrainerConfig last = best_of({0.5, 0.1, 0.1, 0.1, 0.1});
  last.train.best_metric = "";
  Trainer(task_, last).run();
  expect_equal_weights("run", "run/checkpoint-10");
  EXPECT_FALSE(std::filesystem::exists(dir_ / "run/best"));
}

TEST_F(BestModel, PatienceEndsTheRun) {
  const TrainOutcome outcome = Trainer(task_, best_of({0.5, 0.1, 0.2, 0.9}, /*patience=*/2)).run();
  EXPECT_FALSE(outcome.stopped);
  EXPECT_EQ(outcome.counters.step, 6);
  EXPECT_EQ(outcome.counters.best_step, 2);
  EXPECT_EQ(outcome.last_eval.at("evaluations"), 4);
  expect_equal_weights("run", "run/best");
}

TEST_F(BestModel, ARunThatPatienceEndedStaysEnded) {
  const TrainerConfig best = best_of({0.5, 0.1, 0.2}, /*patience=*/2);
  Trainer(task_, best).run();
  Trainer again(task_, best);
  again.resume(latest_checkpoint(dir_ / "run")->path);
  EXPECT_EQ(again.run().counters.step, 6);
  expect_equal_weights("run", "run/best");
}

TEST_F(BestModel, AResumedRunRemembersTheBest) {
  TrainerConfig best = best_of({0.9, 0.1, 0.2, 0.3, 0.4});
  best.stop_after_step = 5;
  Trainer(task_, best).run();
  best.stop_after_step = 0;
  Trainer again(task_, best);
  again.resume(latest_checkpoint(dir_ / "run")->path);
  EXPECT_EQ(again.run().counters.best_step, 2);
}

TEST_F(BestModel, AMetricThatNoEvaluationGivesIsRefusedBeforeTraining) {
  TrainerConfig best = best_of({});
  best.train.best_metric = "scor";
  EXPECT_EQ(
      message_of([&] { Trainer(task_, best); }),
      "train.best_metric: no evaluation gives 'scor': did you mean 'score'? (known: evaluations, score)");
}

// The zeros of the last steps are not yet there at the evaluations before them.
TEST_F(BestModel, AModelThatIsNotYetPrunedIsNoCandidate) {
  TrainerConfig best = best_of({0.9, 0.8, 0.1, 0.2, 0.1});
  best.prune.method = "one_shot";
  best.prune.prune_at = 0.5;
  best.prune.target_ratio = 0.5;
  const TrainOutcome outcome = Trainer(task_, best).run();
  EXPECT_EQ(outcome.counters.best_step, 8);
}

}  // namespace
}  // namespace rpp::test
