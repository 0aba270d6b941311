#include "train/best_model.h"

#include <gtest/gtest.h>

#include <cmath>

#include "core/atomic_file.h"
#include "rpp/error.h"
#include "runs/branch.h"
#include "runs/checkpoint.h"
#include "scripted_task.h"
#include "train/tensors.h"

namespace rpp::test {
namespace {

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

TEST_F(BestModel, TheModelHasTheWeightsOfTheBestEvaluation) {
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

TEST_F(BestModel, WithoutAMetricTheModelHasTheLastWeights) {
  TrainerConfig last = best_of({0.5, 0.1, 0.1, 0.1, 0.1});
  last.train.best_metric = "";
  Trainer(task_, last).run();
  expect_equal_weights("run", "run/checkpoint-10");
  EXPECT_FALSE(std::filesystem::exists(dir_ / "run/best"));
}

TEST_F(BestModel, EarlyStoppingEndsTheRun) {
  const TrainOutcome outcome = Trainer(task_, best_of({0.5, 0.1, 0.2, 0.9}, /*patience=*/2)).run();
  EXPECT_FALSE(outcome.stopped);
  EXPECT_EQ(outcome.counters.step, 6);
  EXPECT_EQ(outcome.counters.best_step, 2);
  EXPECT_EQ(outcome.last_eval.at("evaluations"), 4);
  expect_equal_weights("run", "run/best");
}

TEST_F(BestModel, ARunEndedByEarlyStoppingStaysEnded) {
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

TEST_F(BestModel, PatienceCountsEvaluationsWithoutImprovement) {
  const auto steps_with = [&](int64_t patience) {
    std::filesystem::remove_all(dir_ / "run");
    ScriptedTask task;
    TrainerConfig best = best_of({}, patience);
    task.scores = {0.5, 0.5, 0.4, 0.4, 0.9};  // an equal score is not an improvement
    return Trainer(task, best).run().counters.step;
  };
  EXPECT_EQ(steps_with(1), 4);
  EXPECT_EQ(steps_with(2), 6);
  EXPECT_EQ(steps_with(3), 8);
  EXPECT_EQ(steps_with(4), 10);
}

TEST_F(BestModel, LowerLossesAreBetterAndNonFiniteValuesNeverAre) {
  EXPECT_TRUE(is_better("loss", 0.1, 0.2));
  EXPECT_FALSE(is_better("mlm_loss", 0.2, 0.1));
  EXPECT_TRUE(is_better("accuracy", 0.2, 0.1));
  EXPECT_FALSE(is_better("accuracy", 0.1, 0.2));
  EXPECT_FALSE(is_better("accuracy", 0.1, 0.1) || is_better("loss", 0.1, 0.1));
  for (const double value : std::vector<double>{NAN, HUGE_VAL, -HUGE_VAL}) {
    EXPECT_FALSE(is_better("loss", value, 0.1) || is_better("accuracy", value, 0.1)) << value;
    EXPECT_TRUE(is_better("loss", 0.1, value) && is_better("accuracy", 0.1, value)) << value;
    EXPECT_FALSE(is_better("loss", value, NAN)) << value;
  }
}

TEST_F(BestModel, ABranchUsesItsOwnEvaluations) {
  TrainerConfig best = best_of({0.3, 0.5, 0.9, 0.1, 0.1});
  best.train.keep_last = 10;
  Trainer(task_, best).run();
  ScriptedTask again_task;
  again_task.scores = {0.4, 0.2, 0.2, 0.2};  // at 4, 6, 8 and 10
  Trainer again(again_task, best);
  again.resume(dir_ / "run/checkpoint-2");
  const TrainOutcome outcome = again.run();
  EXPECT_EQ(outcome.counters.best_step, 4);
  EXPECT_EQ(outcome.counters.best_value, 0.4);
  expect_equal_weights("run", "run/checkpoint-4");
  EXPECT_EQ(read_best_record(dir_ / "run/abandoned-1/best"), (BestRecord{.step = 6, .value = 0.9}));
}

// best/ was overwritten by an evaluation that is not part of the branch; the best weights are those of the
// checkpoint.
TEST_F(BestModel, TheBestSoFarIsRestoredFromTheCheckpointOfItsStep) {
  TrainerConfig best = best_of({0.8, 0.9, 0.1, 0.1, 0.1});
  best.train.keep_last = 10;
  Trainer(task_, best).run();
  ScriptedTask again_task;
  Trainer again(again_task, best);
  again.resume(dir_ / "run/checkpoint-2");
  EXPECT_EQ(again.run().counters.best_step, 2);
  expect_equal_weights("run", "run/checkpoint-2");
  EXPECT_EQ(read_best_record(dir_ / "run/best"), (BestRecord{.step = 2, .value = 0.8}));
}

TEST_F(BestModel, WithoutTheBestWeightsTheBestIsChosenAgain) {
  TrainerConfig best = best_of({0.8, 0.1, 0.9, 0.1, 0.1});
  best.train.save_every = 5;
  best.train.keep_last = 10;
  Trainer(task_, best).run();
  ScriptedTask again_task;
  again_task.scores = {0.2, 0.3, 0.1};  // at 6, 8 and 10
  Trainer again(again_task, best);
  again.resume(dir_ / "run/checkpoint-5");
  EXPECT_EQ(again.run().counters.best_step, 8);
  EXPECT_EQ(read_best_record(dir_ / "run/best"), (BestRecord{.step = 8, .value = 0.3}));
}

// Killed after the best evaluation and before the next checkpoint.
TEST_F(BestModel, ARunThatWasKilledAfterItsBestEndsAsTheUninterruptedOne) {
  TrainerConfig best = best_of({0.8, 0.1, 0.9, 0.1, 0.1});
  best.train.save_every = 5;
  best.train.keep_last = 10;
  Trainer(task_, best).run();
  const std::string weights = read_file(dir_ / "run/model.safetensors");
  std::filesystem::remove_all(dir_ / "run/checkpoint-10");
  std::filesystem::remove(dir_ / "run/model.safetensors");
  ScriptedTask again_task;
  again_task.scores = {0.9, 0.1, 0.1};
  Trainer again(again_task, best);
  again.resume(dir_ / "run/checkpoint-5");
  EXPECT_EQ(again.run().counters.best_step, 6);
  EXPECT_EQ(read_file(dir_ / "run/model.safetensors"), weights);
}

TEST_F(BestModel, ResumingFromAnotherRunCopiesItsBest) {
  TrainerConfig best = best_of({0.8, 0.1, 0.1});
  best.stop_after_step = 5;
  Trainer(task_, best).run();
  best.stop_after_step = 0;
  best.output_dir = dir_ / "other";
  ScriptedTask again_task;
  Trainer again(again_task, best);
  again.resume(dir_ / "run/checkpoint-5");
  EXPECT_EQ(again.run().counters.best_step, 2);
  expect_equal_weights("other", "run/best");
  EXPECT_EQ(list_checkpoints(dir_ / "run").size(), 2U);  // checkpoints of another run are kept
}

TEST_F(BestModel, AnUnavailableMetricIsRefusedBeforeTraining) {
  TrainerConfig best = best_of({});
  best.train.best_metric = "scor";
  EXPECT_EQ(
      message_of([&] { Trainer(task_, best); }),
      "train.best_metric: no evaluation gives 'scor': did you mean 'score'? (known: evaluations, score)");
}

// At the evaluations before the last steps the model is not yet fully pruned.
TEST_F(BestModel, OnlyFullyPrunedModelsAreCandidates) {
  TrainerConfig best = best_of({0.9, 0.8, 0.1, 0.2, 0.1});
  best.prune.method = PruneMethod::one_shot;
  best.prune.one_shot.at = 0.5;
  best.prune.target_ratio = 0.5;
  const TrainOutcome outcome = Trainer(task_, best).run();
  EXPECT_EQ(outcome.counters.best_step, 8);
}

}  // namespace
}  // namespace rpp::test
