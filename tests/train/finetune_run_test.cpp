// Fine-tuning as a whole on a task that a bag of words solves.
#include <gtest/gtest.h>
#include <torch/torch.h>

#include <nlohmann/json.hpp>

#include "rpp/core/atomic_file.h"
#include "rpp/prune/mask_file.h"
#include "rpp/train/finetune_task.h"
#include "rpp/train/runs.h"
#include "rpp/train/tensors.h"
#include "tiny_run.h"

namespace rpp::test {
namespace {

// Sentences of one of two groups of words; the group is the label.
std::string task_rows(int count, int first) {
  std::string text = "sentence\tlabel\n";
  for (int i = first; i < first + count; ++i) {
    const int label = i % 2;
    text +=
        fmt::format("w{} w{} w{}\t{}\n", 50 * label + i % 7, 50 * label + i % 11, 50 * label + i % 13, label);
  }
  return text;
}

class FinetuneRun : public TinyRun {
 protected:
  FinetuneRun() {
    dir_.write("train.tsv", task_rows(96, 0));
    dir_.write("dev.tsv", task_rows(31, 500));
  }

  // A pre-trained model in "run", then the settings of fine-tuning it.
  FinetuneConfig finetune_of(const std::string& method) const {
    run_pretraining(config(method), {});
    FinetuneConfig settings;
    settings.task = "sst2";
    settings.data_dir = dir_.path();
    settings.model = path("run");
    settings.output_dir = path("tuned");
    settings.max_seq_length = 16;
    settings.epochs = 12;
    settings.optimizer.learning_rate = 5e-3;
    settings.train.batch_size = 16;
    settings.train.num_threads = 2;
    return settings;
  }

  nlohmann::json results() const { return nlohmann::json::parse(read_file(dir_ / "tuned/all_results.json")); }

  TestDir& dir() { return dir_; }
};

TEST_F(FinetuneRun, LearnsTheTaskAndWritesItsResults) {
  const FinetuneOutcome outcome = run_finetuning(finetune_of("dense"), {});
  EXPECT_EQ(outcome.eval.at("eval_accuracy"), 1.0);
  EXPECT_EQ(results()["eval_samples"], 31);
  EXPECT_EQ(results()["train_samples"], 96);
  EXPECT_EQ(results()["eval_accuracy"], 1.0);
  const std::string predictions = read_file(dir_ / "tuned/eval_predictions_sst2.txt");
  EXPECT_TRUE(predictions.starts_with("index\tprediction\tlabel\n0\t0\t0\n1\t1\t1\n")) << predictions;
  const auto model_config = nlohmann::json::parse(read_file(dir_ / "tuned/config.json"));
  EXPECT_EQ(model_config["architectures"][0], "BertForSequenceClassification");
  EXPECT_EQ(model_config["id2label"]["1"], "1");
}

TEST_F(FinetuneRun, ThePrunedModelsZerosAreHeld) {
  run_finetuning(finetune_of("nip"), {});
  const auto before = load_tensors(dir_ / "run/model.safetensors");
  const auto after = load_tensors(dir_ / "tuned/model.safetensors");
  int64_t zeros = 0;
  for (const auto& [name, tensor] : before) {
    if (name.find("encoder.layer") == std::string::npos || tensor.dim() != 2) continue;
    EXPECT_TRUE(after.at(name).eq(0).equal(tensor.eq(0))) << name;
    zeros += tensor.eq(0).sum().item<int64_t>();
  }
  EXPECT_GT(zeros, 1000);
  EXPECT_EQ(read_file(dir_ / "tuned/mask.safetensors"), read_file(dir_ / "run/mask.safetensors"));
}

TEST_F(FinetuneRun, ATestFileIsPredictedWithoutLabels) {
  auto settings = finetune_of("dense");
  dir().write("test.tsv", "index\tsentence\n0\tw1 w2\n1\tw51 w53\n");
  run_finetuning(settings, {});
  EXPECT_EQ(read_file(dir_ / "tuned/predict_results_sst2.txt"), "index\tprediction\n0\t0\n1\t1\n");
}

TEST_F(FinetuneRun, ARowWithTooFewColumnsAndAnUnknownLabelAreNamedByLine) {
  auto settings = finetune_of("dense");
  dir().write("train.tsv", "sentence\tlabel\nw1\t0\nw2\n");
  EXPECT_EQ(message_of([&] { run_finetuning(settings, {}); }),
            fmt::format("{}:3: 1 columns, expected at least 2", dir_ / "train.tsv"));
  dir().write("train.tsv", "sentence\tlabel\nw1\t7\n");
  EXPECT_EQ(message_of([&] { run_finetuning(settings, {}); }),
            fmt::format("{}:2: unknown label '7' (expected 0, 1)", dir_ / "train.tsv"));
}

// Zeros hold under re-initialised layers too, and the recipe's options together still learn the task.
TEST_F(FinetuneRun, TheRecipesOptionsTrainAPrunedModel) {
  auto settings = finetune_of("nip");
  settings.reinit_layers = 1;
  settings.label_smoothing = 0.1;
  settings.class_weights = {"1=2"};
  settings.optimizer.layer_decay = 0.9;
  settings.train.eval_every = 6;
  settings.train.best_metric = "accuracy";
  const FinetuneOutcome outcome = run_finetuning(settings, {});
  EXPECT_GT(outcome.eval.at("eval_accuracy"), 0.9);
  EXPECT_EQ(read_file(dir_ / "tuned/mask.safetensors"), read_file(dir_ / "run/mask.safetensors"));
  EXPECT_EQ(outcome.training.counters.skipped_steps, 0);
}

TEST_F(FinetuneRun, SeveralSeedsAreRunsOfTheirOwnAndTheirSpreadIsReported) {
  auto settings = finetune_of("dense");
  settings.epochs = 1;
  const std::vector<int64_t> seeds = {3, 4};
  const SeedsOutcome outcome = run_finetuning_seeds(settings, seeds, {});
  EXPECT_EQ(outcome.finished, 2);
  settings.output_dir = path("alone");
  settings.train.seed = 4;
  const double alone = run_finetuning(settings, {}).eval.at("eval_loss");
  const auto json = nlohmann::json::parse(read_file(dir_ / "tuned/seeds.json"));
  EXPECT_EQ(json["seeds"], nlohmann::json({3, 4}));
  EXPECT_EQ(json["eval_loss"]["values"][1], alone);
  EXPECT_NE(json["eval_loss"]["values"][0], alone);
  EXPECT_NEAR(outcome.eval.at("eval_loss").mean, (json["eval_loss"]["values"][0].get<double>() + alone) / 2,
              1e-12);
  EXPECT_FALSE(outcome.eval.contains("eval_samples"));
}

TEST_F(FinetuneRun, FinishedSeedsAreReadBack) {
  auto settings = finetune_of("dense");
  settings.epochs = 1;
  const std::vector<int64_t> one = {3}, two = {3, 5};
  run_finetuning_seeds(settings, one, {});
  const auto written = std::filesystem::last_write_time(dir_ / "tuned/seed-3/model.safetensors");
  EXPECT_EQ(run_finetuning_seeds(settings, two, {.resume = "auto"}).finished, 2);
  EXPECT_EQ(std::filesystem::last_write_time(dir_ / "tuned/seed-3/model.safetensors"), written);
}

TEST_F(FinetuneRun, SeedsThatDoNotMakeRunsAreRefused) {
  auto settings = finetune_of("dense");
  const auto refusal = [&](std::vector<int64_t> seeds, const RunOptions& options = {}) {
    return message_of([&] { run_finetuning_seeds(settings, seeds, options); });
  };
  EXPECT_EQ(refusal({}), "no seed is given");
  EXPECT_EQ(refusal({1, 2, 1}), "seed 1 is given twice");
  EXPECT_EQ(refusal({1}, {.resume = "some-run"}),
            "several seeds go on with --resume auto: some-run is one run's");
  settings.output_dir = path("run");
  EXPECT_EQ(refusal({1}), fmt::format("output_dir {} already holds another run: go on with --resume auto, or "
                                      "choose another directory",
                                      path("run")));
}

TEST(StepsOfEpochs, APassEndsWithWhatIsLeft) {
  EXPECT_EQ(steps_of_epochs(100, 32, 1.0), 4);
  EXPECT_EQ(steps_of_epochs(96, 32, 2.0), 6);
  EXPECT_EQ(steps_of_epochs(96, 32, 0.5), 2);
}

}  // namespace
}  // namespace rpp::test
