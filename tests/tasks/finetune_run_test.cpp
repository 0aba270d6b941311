// Whole fine-tuning runs on a task that a bag of words solves.
#include "small_tasks.h"

namespace rpp::test {
namespace {

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

TEST_F(FinetuneRun, ZerosOfAPrunedModelAreKept) {
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
            fmt::format("{}:3: 1 columns, expected at least 2, separated by tabs", dir_ / "train.tsv"));
  dir().write("train.tsv", "sentence\tlabel\nw1\t7\n");
  EXPECT_EQ(message_of([&] { run_finetuning(settings, {}); }),
            fmt::format("{}:2: unknown label '7' (expected 0, 1)", dir_ / "train.tsv"));
}

TEST_F(FinetuneRun, MnliIsEvaluatedMatchedAndMismatched) {
  const auto settings = mnli();
  dir().write("glue/MNLI/dev_mismatched.tsv", inference_rows(13));
  const FinetuneOutcome outcome = run_finetuning(settings, {});
  for (const auto& [task, suffix] : {std::pair{"mnli", ""}, std::pair{"mnli-mm", "_mm"}}) {
    const auto file = dir_ / fmt::format("tuned/eval_predictions_{}.txt", task);
    const GluePredictions rows = read_glue_predictions(glue_task(task), file);
    const auto scores = glue_metrics(glue_task(task).metrics, rows.predictions, rows.labels);
    EXPECT_EQ(outcome.eval.at(fmt::format("eval_accuracy{}", suffix)), scores.at("accuracy")) << task;
    EXPECT_TRUE(outcome.eval.contains(fmt::format("eval_loss{}", suffix)));
  }
  EXPECT_EQ(results()["eval_samples"], 30);
  EXPECT_EQ(results()["eval_samples_mm"], 13);
}

TEST_F(FinetuneRun, WithoutMismatchedExamplesMnliIsEvaluatedOnTheMatched) {
  const FinetuneOutcome outcome = run_finetuning(mnli(), {});
  EXPECT_TRUE(outcome.eval.contains("eval_accuracy"));
  EXPECT_FALSE(outcome.eval.contains("eval_accuracy_mm"));
  EXPECT_FALSE(std::filesystem::exists(dir_ / "tuned/eval_predictions_mnli-mm.txt"));
}

// The texts of the dev set again, so that the expected predictions are known.
TEST_F(FinetuneRun, AnMnliModelPredictsItsTwoTestFilesAndTheDiagnosticSet) {
  const auto settings = mnli();
  for (const char* name : {"MNLI/test_matched", "MNLI/test_mismatched", "diagnostic"}) {
    dir().write(fmt::format("glue/{}.tsv", name), inference_rows(30));
  }
  run_finetuning(settings, {});
  const auto known = read_glue_predictions(glue_task("mnli"), dir_ / "tuned/eval_predictions_mnli.txt");
  for (const char* task : {"mnli", "mnli-mm", "ax"}) {
    const auto file = dir_ / fmt::format("tuned/predict_results_{}.txt", task);
    EXPECT_EQ(read_glue_answers(glue_task(task), file), known.predictions) << task;
  }
}

TEST_F(FinetuneRun, AClassifierWithAnotherLabelOrderIsReordered) {
  auto settings = mnli();
  run_finetuning(settings, {});
  // Google's order: contradiction, entailment, neutral.
  std::filesystem::copy(dir_ / "tuned", dir_ / "google", std::filesystem::copy_options::recursive);
  auto tensors = load_tensors(dir_ / "tuned/model.safetensors");
  NamedTensors rotated;
  for (const auto& [name, tensor] : tensors) {
    rotated.emplace_back(name, name.starts_with("classifier.") ? tensor.roll(1, 0) : tensor);
  }
  save_tensors(dir_ / "google/model.safetensors", rotated, {{"format", "pt"}});
  auto config = model_config("tuned");
  config["id2label"] = {{"0", "contradiction"}, {"1", "entailment"}, {"2", "neutral"}};
  dir().write("google/config.json", config.dump());

  settings.model = path("google");
  settings.output_dir = path("again");
  settings.epochs = 1;
  settings.optimizer.learning_rate = 0;
  run_finetuning(settings, {});
  EXPECT_EQ(read_file(dir_ / "again/eval_predictions_mnli.txt"),
            read_file(dir_ / "tuned/eval_predictions_mnli.txt"));
  EXPECT_TRUE(load_tensors(dir_ / "again/model.safetensors")
                  .at("classifier.weight")
                  .equal(tensors.at("classifier.weight")));
  EXPECT_EQ(model_config("again")["id2label"]["0"], "entailment");
}

TEST_F(FinetuneRun, AnMnliModelStartsAnotherTaskWithANewClassifier) {
  auto settings = mnli();
  settings.epochs = 1;
  run_finetuning(settings, {});
  settings.task = "sst2";
  settings.data_dir = dir().path();
  settings.model = path("tuned");
  settings.output_dir = path("again");
  run_finetuning(settings, {});
  EXPECT_EQ(load_tensors(dir_ / "again/model.safetensors").at("classifier.weight").size(0), 2);
  EXPECT_EQ(model_config("again")["id2label"].size(), 2);
}

TEST_F(FinetuneRun, ATeacherWithOtherLabelsIsRefused) {
  auto settings = mnli();
  settings.epochs = 1;
  run_finetuning(settings, {});
  settings.task = "sst2";
  settings.data_dir = dir().path();
  settings.output_dir = path("again");
  settings.distill.teacher = path("tuned");
  EXPECT_EQ(
      message_of([&] { run_finetuning(settings, {}); }),
      fmt::format("distill.teacher {} has the labels (entailment, neutral, contradiction), sst2 has (0, 1): "
                  "fine-tune a dense model on the task first",
                  path("tuned")));
}

TEST_F(FinetuneRun, PredictionOnlyTasksCannotBeTrained) {
  auto settings = finetune_of("dense");
  settings.task = "ax";
  EXPECT_EQ(message_of([&] { run_finetuning(settings, {}); }),
            "task ax has no training data: a model of mnli answers it: set task to mnli");
}

TEST_F(FinetuneRun, NamedFilesReplaceTheDirectoryAndAreConcatenated) {
  auto settings = finetune_of("dense");
  settings.data_dir = "";
  settings.train_files = {dir().write("a.tsv", task_rows(20, 0)).string(),
                          dir().write("b.tsv", task_rows(30, 20)).string()};
  settings.dev_files = {dir().write("c.tsv", task_rows(7, 500)).string()};
  settings.epochs = 1;
  run_finetuning(settings, {});
  EXPECT_EQ(results()["train_samples"], 50);
  EXPECT_EQ(results()["eval_samples"], 7);
}

TEST_F(FinetuneRun, ACustomTaskIsTrainedWithItsOwnLabels) {
  auto settings = finetune_of("dense");
  std::string rows;
  for (int i = 0; i < 96; ++i) {
    rows += fmt::format("{{\"words\": \"w{} w{}\", \"kind\": \"{}\"}}\n", 50 * (i % 2) + i % 7,
                        50 * (i % 2) + i % 11, i % 2 == 0 ? "spam" : "ham");
  }
  settings.task = "custom";
  settings.custom = {.text = "words", .label = "kind"};
  settings.train_files = settings.dev_files = {dir().write("mails.jsonl", rows).string()};
  settings.test_files = {dir().write("new.jsonl", "{\"words\": \"w51 w52\"}\n").string()};
  const FinetuneOutcome outcome = run_finetuning(settings, {});
  EXPECT_EQ(outcome.eval.at("eval_accuracy"), 1.0);
  EXPECT_EQ(outcome.eval.at("eval_f1"), 1.0);
  EXPECT_EQ(model_config("tuned")["id2label"], nlohmann::json({{"0", "ham"}, {"1", "spam"}}));
  EXPECT_TRUE(read_file(dir_ / "tuned/eval_predictions_custom.txt")
                  .starts_with("index\tprediction\tlabel\n0\tspam\tspam\n"));
  EXPECT_EQ(read_file(dir_ / "tuned/predict_results_custom.txt"), "index\tprediction\n0\tham\n");
}

TEST_F(FinetuneRun, ACustomRegressionIsTrained) {
  auto settings = finetune_of("dense");
  std::string rows = "text\tlabel\n";
  for (int i = 0; i < 96; ++i)
    rows += fmt::format("w{} w{}\t{}\n", 50 * (i % 2) + i % 7, 50 * (i % 2) + i % 11, i % 2);
  settings.task = "custom";
  settings.custom.regression = true;
  settings.train_files = settings.dev_files = {dir().write("scores.tsv", rows).string()};
  EXPECT_GT(run_finetuning(settings, {}).eval.at("eval_pearson"), 0.9);
  EXPECT_EQ(model_config("tuned")["problem_type"], "regression");
}

// Topics of words: w0 to w49 are of one, w30 to w99 of another.
std::string topic_rows(int count) {
  std::string rows = "text\tlabel\n";
  for (int i = 0; i < count; ++i) {
    const int word = (i * 37) % 100;
    rows += fmt::format("w{}\t{}{}{}\n", word, word < 50 ? "low" : "", word >= 30 && word < 50 ? ";" : "",
                        word >= 30 ? "high" : "");
  }
  return rows;
}

TEST_F(FinetuneRun, ACustomTaskMayHaveSeveralLabelsForAText) {
  auto settings = finetune_of("nip");
  settings.task = "custom";
  settings.custom = {.multi_label = true, .label_separator = ";"};
  settings.train_files = settings.dev_files = {dir().write("topics.tsv", topic_rows(200)).string()};
  settings.test_files = {dir().write("new.tsv", "text\nw1\nw40\nw90\n").string()};
  settings.epochs = 40;
  const FinetuneOutcome outcome = run_finetuning(settings, {});
  EXPECT_GT(outcome.eval.at("eval_micro_f1"), 0.95);
  EXPECT_GT(outcome.eval.at("eval_macro_f1"), 0.95);
  EXPECT_GT(outcome.eval.at("eval_subset_accuracy"), 0.9);
  EXPECT_EQ(model_config("tuned")["problem_type"], "multi_label_classification");
  EXPECT_NE(read_file(dir_ / "tuned/eval_predictions_custom.txt").find("\thigh;low\n"), std::string::npos);
  EXPECT_EQ(read_file(dir_ / "tuned/predict_results_custom.txt"),
            "index\tprediction\n0\tlow\n1\thigh;low\n2\thigh\n");
  EXPECT_EQ(read_file(dir_ / "tuned/mask.safetensors"), read_file(dir_ / "run/mask.safetensors"));
  EXPECT_EQ(
      message_of([&] { load_glue_runs(std::vector{dir_ / "tuned"}); }),
      fmt::format("{}: its texts have several labels each: such predictions are neither scored again nor "
                  "compared",
                  dir_ / "tuned"));

  settings.output_dir = path("student");
  settings.distill = {.teacher = path("tuned"), .weight = 1};
  EXPECT_GT(run_finetuning(settings, {}).eval.at("eval_micro_f1"), 0.85);
  settings.output_dir = path("o");
  settings.class_weights = {"low=2"};
  EXPECT_EQ(message_of([&] { run_finetuning(settings, {}); }),
            "class_weights is set, but custom.multi_label has a sigmoid for each label: leave it out");
}

// Zeros hold in re-initialised layers too, and with all options the task is still learnt.
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

TEST_F(FinetuneRun, AWarmupLongerThanTheRunIsRefused) {
  FinetuneConfig settings = finetune_of("dense");
  settings.epochs = 2;  // 12 steps
  settings.schedule.warmup_steps = 13;
  EXPECT_EQ(
      message_of([&] { run_finetuning(settings, {}); }),
      "schedule.warmup_steps is 13, but the run has 12 steps: set fewer, or schedule.warmup_ratio, or train "
      "for longer");
  settings.schedule.warmup_steps = 12;
  EXPECT_EQ(run_finetuning(settings, {}).training.counters.step, 12);
}

// Parameters have a gradient if and only if the loss depends on them.
TEST_F(FinetuneRun, TheLossReachesEveryParameter) {
  run_pretraining(config(), {});
  const ModelConfig model_config = read_model_config(dir() / "run");
  const auto tokenizer = load_tokenizer(dir() / "run");
  Bert model(model_config, {.num_labels = 2});
  initialize(model, 1);
  FinetuneConfig settings;
  settings.task = "sst2";
  settings.data_dir = dir().path();
  settings.max_seq_length = 16;
  const GlueTask glue = finetuning_task(settings);
  const FinetuneData data = load_finetune_data(settings, glue, *tokenizer);
  FinetuneTask task(model, *tokenizer, glue, data, settings.train);
  expect_reached_as_declared(task);
}

// 131 rows: two passes of 64 and one of three.
TEST_F(FinetuneRun, EveryHeldOutSampleCountsOnce) {
  dir().write("dev.tsv", task_rows(131, 500));
  FinetuneConfig settings = finetune_of("dense");
  settings.epochs = 1;
  const double whole = run_finetuning(settings, {}).training.last_eval.at("loss");
  double sum = 0;
  for (const auto& [first, count] : {std::pair{500, 100}, std::pair{600, 31}}) {
    dir().write("dev.tsv", task_rows(count, first));
    settings.output_dir = path(fmt::format("part-{}", first));
    const FinetuneOutcome part = run_finetuning(settings, {});
    EXPECT_EQ(part.eval.at("eval_samples"), count);
    sum += count * part.training.last_eval.at("loss");
  }
  EXPECT_NEAR(whole, sum / 131, 1e-5);
}

TEST_F(FinetuneRun, NonFiniteLogitsAreAnErrorNamingTheExample) {
  run_pretraining(config(), {});
  FinetuneConfig settings;
  settings.task = "sst2";
  settings.data_dir = dir().path();
  settings.model = path("run");
  settings.output_dir = path("tuned");
  settings.max_seq_length = 16;
  settings.epochs = 1;
  // Finite in the file, but too large for the sums of a forward pass.
  auto tensors = load_tensors(dir() / "run/model.safetensors");
  tensors.at("bert.pooler.dense.weight").fill_(3e38F);
  tensors.at("bert.encoder.layer.1.output.LayerNorm.weight").fill_(3e38F);
  NamedTensors changed(tensors.begin(), tensors.end());
  save_tensors(dir() / "run/model.safetensors", changed);
  const std::string message = message_of([&] { run_finetuning(settings, {}); });
  EXPECT_NE(message.find("the logits of example 0 are not finite (nan)"), std::string::npos) << message;
}

// The correlation of a regression once looped forever on NaNs.
TEST_F(FinetuneRun, AModelWithANanIsRefusedNamingTheTensor) {
  FinetuneConfig settings = finetune_of("dense");
  auto tensors = load_tensors(dir() / "run/model.safetensors");
  tensors.at("bert.embeddings.LayerNorm.bias")[3] = std::nanf("");
  NamedTensors changed(tensors.begin(), tensors.end());
  save_tensors(dir() / "run/model.safetensors", changed);
  EXPECT_EQ(
      message_of([&] { run_finetuning(settings, {}); }),
      fmt::format("{}: tensor bert.embeddings.LayerNorm.bias holds 1 value that is not finite, the first is "
                  "nan (entry 3 of 16): the training that wrote it has diverged or the file is damaged; "
                  "take an earlier checkpoint",
                  dir() / "run/model.safetensors"));
}

TEST(StepsOfEpochs, AnEpochEndsWithAPartialBatch) {
  EXPECT_EQ(steps_of_epochs(100, 32, 1.0), 4);
  EXPECT_EQ(steps_of_epochs(96, 32, 2.0), 6);
  EXPECT_EQ(steps_of_epochs(96, 32, 0.5), 2);
}

}  // namespace
}  // namespace rpp::test
