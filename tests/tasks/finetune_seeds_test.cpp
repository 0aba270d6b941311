#include "small_tasks.h"

namespace rpp::test {
namespace {

TEST_F(FinetuneRun, SeveralSeedsAreSeparateRunsWithReportedSpread) {
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

TEST_F(FinetuneRun, TheSeedSummaryHasScoresOfBothMnliDevSetsButNotTheirSizes) {
  auto settings = mnli();
  dir().write("glue/MNLI/dev_mismatched.tsv", inference_rows(13));
  settings.epochs = 1;
  const std::vector<int64_t> seeds = {3};
  run_finetuning_seeds(settings, seeds, {});
  const auto json = nlohmann::json::parse(read_file(dir_ / "tuned/seeds.json"));
  EXPECT_TRUE(json.contains("eval_accuracy") && json.contains("eval_accuracy_mm"));
  EXPECT_FALSE(json.contains("eval_samples") || json.contains("eval_samples_mm"));
}

TEST_F(FinetuneRun, FinishedSeedsAreReused) {
  auto settings = finetune_of("dense");
  settings.epochs = 1;
  const std::vector<int64_t> one = {3}, two = {3, 5};
  run_finetuning_seeds(settings, one, {});
  const auto written = std::filesystem::last_write_time(dir_ / "tuned/seed-3/model.safetensors");
  EXPECT_EQ(run_finetuning_seeds(settings, two, {.resume = "auto"}).finished, 2);
  EXPECT_EQ(std::filesystem::last_write_time(dir_ / "tuned/seed-3/model.safetensors"), written);
}

TEST_F(FinetuneRun, FinishedSeedsOfOtherSettingsAreRefused) {
  auto settings = finetune_of("dense");
  settings.epochs = 1;
  const std::vector<int64_t> one = {3}, two = {3, 5};
  run_finetuning_seeds(settings, one, {});
  const std::string before = read_file(dir_ / "tuned/config.yaml");
  settings.optimizer.learning_rate = 1e-3;
  const std::string message = message_of([&] { run_finetuning_seeds(settings, two, {.resume = "auto"}); });
  EXPECT_EQ(message.find(fmt::format(
                "{} holds a run with other settings: optimizer.learning_rate was 0.005, now 0.001;",
                path("tuned"))),
            0U)
      << message;
  EXPECT_EQ(read_file(dir_ / "tuned/config.yaml"), before);
  EXPECT_FALSE(std::filesystem::exists(dir_ / "tuned/seed-5"));
}

TEST_F(FinetuneRun, FinishedSeedsOfOtherDataAreRefused) {
  auto settings = finetune_of("dense");
  settings.epochs = 1;
  const std::vector<int64_t> one = {3};
  run_finetuning_seeds(settings, one, {});
  dir().write("dev.tsv", task_rows(30, 500));
  const std::string message = message_of([&] { run_finetuning_seeds(settings, one, {.resume = "auto"}); });
  EXPECT_EQ(message.find(fmt::format(
                "{}/seed-3 has finished with other settings: what dev_files holds was xxh3:", path("tuned"))),
            0U)
      << message;
}

TEST_F(FinetuneRun, SeedsAndSingleRunsDoNotShareADirectory) {
  auto settings = finetune_of("dense");
  settings.epochs = 1;
  const std::vector<int64_t> one = {3};
  run_finetuning_seeds(settings, one, {});
  EXPECT_EQ(
      message_of([&] { run_finetuning(settings, {.resume = "auto"}); }),
      fmt::format("{} holds the runs of several seeds: choose another output_dir, or name them with --seeds",
                  path("tuned")));
  settings.output_dir = path("single");
  run_finetuning(settings, {});
  EXPECT_EQ(message_of([&] { run_finetuning_seeds(settings, one, {.resume = "auto"}); }),
            fmt::format("{} holds a single run: choose another output_dir for the runs of several seeds",
                        path("single")));
}

TEST_F(FinetuneRun, InvalidSeedListsAreRefused) {
  auto settings = finetune_of("dense");
  const auto refusal = [&](std::vector<int64_t> seeds, const RunOptions& options = {}) {
    return message_of([&] { run_finetuning_seeds(settings, seeds, options); });
  };
  EXPECT_EQ(refusal({}), "no seed is given");
  EXPECT_EQ(refusal({1, 2, 1}), "seed 1 is given twice");
  EXPECT_EQ(refusal({1}, {.resume = "some-run"}),
            "several seeds are resumed with --resume auto: some-run is a single run");
  settings.output_dir = path("run");
  EXPECT_EQ(refusal({1}),
            fmt::format("output_dir {0} is {0}, which the run reads: choose another one", path("run")));
}

}  // namespace
}  // namespace rpp::test
