// The output directory of a run: who may write to it, and what a resumed run uses.
#include "runs/run_dir.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <nlohmann/json.hpp>

#include "program/log.h"
#include "runs/checkpoint.h"
#include "tasks/run.h"
#include "tasks/tiny_run.h"
#include "tokenizer_files/load_tokenizer.h"

namespace rpp::test {
namespace {

namespace fs = std::filesystem;

class RunDirTest : public TinyRun {
 protected:
  std::string refusal(const PretrainConfig& config, const RunOptions& options = {}) const {
    return message_of([&] { run_pretraining(config, options); });
  }
  // A run of 12 steps that was stopped after 6, with a checkpoint.
  PretrainConfig stopped_run() const {
    auto settings = config();
    settings.train.save_every = 2;
    run_pretraining(settings, {.resume = "", .stop_after_step = 6});
    return settings;
  }
  std::string log_of(const PretrainConfig& config, const RunOptions& options) const {
    init_logging();
    testing::internal::CaptureStderr();
    run_pretraining(config, options);
    return testing::internal::GetCapturedStderr();
  }
};

TEST_F(RunDirTest, AnUnrelatedDirectoryIsRefusedWithOrWithoutResume) {
  fs::create_directories(dir_ / "run");
  dir_.write("run/model.safetensors", "precious");
  const std::string expected = fmt::format(
      "output_dir {} contains something other than a run (model.safetensors): choose another directory",
      path("run"));
  EXPECT_EQ(refusal(config()), expected);
  EXPECT_EQ(refusal(config(), {.resume = "auto"}), expected);
  EXPECT_EQ(read_file(dir_ / "run/model.safetensors"), "precious");
  EXPECT_FALSE(fs::exists(dir_ / "run/run.lock"));
}

TEST_F(RunDirTest, AnotherRunIsRefusedWithoutResume) {
  const auto settings = stopped_run();
  EXPECT_EQ(refusal(settings), fmt::format("output_dir {} already contains another run: resume it with "
                                           "--resume auto, or choose another directory",
                                           path("run")));
}

TEST_F(RunDirTest, HarmlessExistingFilesAreAccepted) {
  fs::create_directories(dir_ / "run");
  dir_.write("run/sweep_run.json", "{}");
  dir_.write("run/run.lock", "");  // left by a killed process
  dir_.write("run/.config.yaml.0123456789abcdef.tmp", "half");
  EXPECT_EQ(run_pretraining(config(), {.resume = "auto"}).counters.step, 12);
  EXPECT_FALSE(fs::exists(dir_ / "run/.config.yaml.0123456789abcdef.tmp"));
  EXPECT_FALSE(fs::exists(dir_ / "run/run.lock"));
}

TEST_F(RunDirTest, InputDirectoriesAreRefusedUnderAnyName) {
  run_pretraining(config(), {});
  auto settings = config();
  settings.model_config = "";
  settings.model = path("run");
  settings.output_dir = path("shards/../run");
  fs::create_directory_symlink(dir_ / "run", dir_ / "link");
  EXPECT_EQ(refusal(settings, {.resume = "auto"}),
            fmt::format("output_dir {} is {}, which the run reads: choose another one", path("shards/../run"),
                        path("run")));
  settings.output_dir = path("link");
  EXPECT_NE(refusal(settings, {.resume = "auto"}).find("which the run reads"), std::string::npos);
  settings = config();
  settings.output_dir = path("shards");
  EXPECT_NE(refusal(settings, {.resume = "auto"}).find("which the run reads"), std::string::npos);
}

TEST_F(RunDirTest, ASecondProcessIsRefused) {
  const auto settings = config();
  int ready[2], over[2];
  ASSERT_EQ(::pipe(ready) + ::pipe(over), 0);
  const pid_t child = ::fork();
  if (child == 0) {
    const RunDir held(settings, {});
    char byte = 'x';
    [[maybe_unused]] auto done = ::write(ready[1], &byte, 1);
    done = ::read(over[0], &byte, 1);
    ::_exit(0);  // as if it were killed
  }
  char byte = 0;
  ASSERT_EQ(::read(ready[0], &byte, 1), 1);
  const std::string message = refusal(settings, {.resume = "auto"});
  EXPECT_EQ(message.find(fmt::format("{} is being written by process {} on ", path("run"), child)), 0U)
      << message;
  [[maybe_unused]] const auto told = ::write(over[1], "x", 1);
  ::waitpid(child, nullptr, 0);
  EXPECT_EQ(run_pretraining(settings, {.resume = "auto"}).counters.step, 12);
}

TEST_F(RunDirTest, ARefusedRunLeavesNoDirectory) {
  auto settings = config();
  settings.output_dir = path("deep/er/run");
  settings.data.max_seq_length = 65;
  EXPECT_NE(refusal(settings), "no error");
  EXPECT_FALSE(fs::exists(dir_ / "deep"));
}

TEST_F(RunDirTest, AutoRefusesARunOfOtherSettingsAndNamesThem) {
  auto settings = stopped_run();
  settings.optimizer.learning_rate = 5e-4;
  settings.train.seed = 7;
  EXPECT_EQ(
      refusal(settings, {.resume = "auto"}),
      fmt::format(
          "{} holds a run with other settings: optimizer.learning_rate was 0.001, now 0.0005; train.seed "
          "was 42, now 7; {} has the former: choose another output_dir, delete that one, or resume one of "
          "its checkpoints by name (--resume CHECKPOINT)",
          path("run"), path("run/checkpoint-6/training/config.yaml")));
}

TEST_F(RunDirTest, ANamedCheckpointIsUsedWithOtherSettingsAndALogEntry) {
  auto settings = stopped_run();
  settings.optimizer.learning_rate = 5e-4;
  const std::string log = log_of(settings, {.resume = path("run/checkpoint-4")});
  EXPECT_NE(log.find(fmt::format(
                "continuing from {} with other settings: optimizer.learning_rate was 0.001, now 0.0005",
                path("run/checkpoint-4"))),
            std::string::npos)
      << log;
}

TEST_F(RunDirTest, SettingsWithoutEffectOnResultsAndMoreStepsResume) {
  auto settings = stopped_run();
  settings.train.num_threads = 1;
  settings.train.log_every = 1;
  settings.train.save_every = 5;
  settings.train.keep_last = 1;
  settings.train.keep_checkpoints = true;
  settings.train.max_bad_steps = 3;
  settings.train.activation_checkpointing = true;
  settings.prune.check_every = 7;
  settings.train.device = "cpu";
  settings.train.steps = 14;
  settings.train.eval_every = 7;
  const std::string log = log_of(settings, {.resume = "auto"});
  EXPECT_NE(
      log.find("continuing with other settings: train.steps was 12, now 14; train.eval_every was 200, now 7"),
      std::string::npos)
      << log;
  EXPECT_EQ(latest_checkpoint(dir_ / "run")->step, 14);
}

TEST_F(RunDirTest, AFinishedRunWithOtherSettingsIsRefused) {
  run_pretraining(config(), {});
  auto settings = config();
  settings.optimizer.weight_decay = 0.25;
  EXPECT_EQ(refusal(settings, {.resume = "auto"}),
            fmt::format("{0} has finished with other settings: optimizer.weight_decay was 0.01, now 0.25; "
                        "{0}/finished.json "
                        "has the former: choose another output_dir, or delete that one to run it again",
                        path("run")));
  settings = config();
  settings.train.eval_batches = 3;
  EXPECT_NE(
      refusal(settings, {.resume = "auto"}).find("train.eval_batches was 2, now 3 needs a separate run"),
      std::string::npos);
  settings = config();
  settings.train.log_every = 3;
  EXPECT_TRUE(run_pretraining(settings, {.resume = "auto"}).found_finished);
}

// config.yaml may have been edited; the settings recorded by the run count.
TEST_F(RunDirTest, AChangedConfigYamlDoesNotAffectAFinishedRun) {
  run_pretraining(config(), {});
  auto settings = config();
  settings.train.seed = 1;
  dir_.write("run/config.yaml", to_yaml(settings));
  EXPECT_NE(refusal(settings, {.resume = "auto"}).find("train.seed was 42, now 1"), std::string::npos);
}

TEST_F(RunDirTest, WithoutACheckpointOnlyEqualSettingsStartFresh) {
  auto settings = config();
  fs::create_directories(dir_ / "run");
  dir_.write("run/config.yaml", to_yaml(settings));
  settings.train.seed = 1;
  EXPECT_NE(refusal(settings, {.resume = "auto"}).find("train.seed was 42, now 1"), std::string::npos);
  EXPECT_EQ(run_pretraining(config(), {.resume = "auto"}).counters.step, 12);
}

class ChangedInputs : public RunDirTest {
 protected:
  void build(int documents, const char* shards) const {
    build_shards(
        {.inputs = {dir_.write("corpus.txt", corpus_text(documents, 12))}, .output_dir = dir_ / shards},
        *load_tokenizer(dir_ / "vocab.txt"));
  }
};

TEST_F(ChangedInputs, AreRefusedByAutoAndNamed) {
  const auto settings = stopped_run();
  build(10, "shards");
  const std::string message = refusal(settings, {.resume = "auto"});
  EXPECT_EQ(message.find(fmt::format("{} holds a run with other settings: what data.train holds was xxh3:",
                                     path("run"))),
            0U)
      << message;
  EXPECT_NE(message.find("what data.valid holds was xxh3:"), std::string::npos) << message;
}

TEST_F(ChangedInputs, AreReportedForANamedCheckpoint) {
  const auto settings = stopped_run();
  build(10, "shards");
  const std::string log = log_of(settings, {.resume = path("run/checkpoint-6")});
  EXPECT_NE(log.find("with other settings: what data.train holds was xxh3:"), std::string::npos) << log;
}

TEST_F(ChangedInputs, AreRefusedForAFinishedRun) {
  run_pretraining(config(), {});
  dir_.write("model.yaml", std::string(kTinyModel) + "# the same in other words\n");
  EXPECT_NE(
      refusal(config(), {.resume = "auto"}).find("has finished with other settings: what model_config holds"),
      std::string::npos);
}

TEST_F(ChangedInputs, AreComparedByContentNotByName) {
  auto settings = stopped_run();
  fs::rename(dir_ / "shards", dir_ / "moved");
  settings.data.train = {path("moved")};
  settings.data.valid = {path("moved")};
  EXPECT_EQ(run_pretraining(settings, {.resume = "auto"}).counters.step, 12);
}

TEST_F(ChangedInputs, IncludeWeightsTokenizerAndMaskOfAModel) {
  run_pretraining(config("nip"), {});
  auto settings = config("fixed");
  settings.model_config = "";
  settings.model = path("run");
  const auto before = inputs_of(settings);
  dir_.write("run/eval_results.json", "{}");  // has no effect
  EXPECT_EQ(inputs_of(settings), before);
  for (const char* name : {"model.safetensors", "mask.safetensors", "config.json", "vocab.txt"}) {
    const std::string text = read_file(dir_ / "run" / name);
    dir_.write(fmt::format("run/{}", name), text + " ");
    EXPECT_NE(inputs_of(settings).at("model"), before.at("model")) << name;
    dir_.write(fmt::format("run/{}", name), text);
  }
  EXPECT_EQ(inputs_of(settings), before);
}

TEST_F(ChangedInputs, IncludeTheDataFilesOfFineTuning) {
  FinetuneConfig settings;
  settings.task = "sst2";
  settings.data_dir = dir_.path();
  dir_.write("train.tsv", "a\n");
  dir_.write("dev.tsv", "b\n");
  const auto before = inputs_of(settings);
  EXPECT_EQ(before.count("train_files") + before.count("dev_files"), 2U);
  EXPECT_FALSE(before.contains("test_files"));
  dir_.write("dev.tsv", "c\n");
  EXPECT_EQ(inputs_of(settings).at("train_files"), before.at("train_files"));
  EXPECT_NE(inputs_of(settings).at("dev_files"), before.at("dev_files"));
  settings.data_dir.clear();
  settings.train_files = {path("train.tsv")};
  EXPECT_EQ(inputs_of(settings).at("train_files"), before.at("train_files"));
}

TEST_F(RunDirTest, VerifyResumeKeepsADirectoryWithItsFormerName) {
  fs::create_directories(dir_ / "run.verify-whole");
  dir_.write("run.verify-whole/notes", "mine");
  EXPECT_EQ(verify_pretraining_resume(config(), 4).difference, "");
  EXPECT_EQ(read_file(dir_ / "run.verify-whole/notes"), "mine");
}

}  // namespace
}  // namespace rpp::test
