#include "runs/finished_run.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "core/atomic_file.h"
#include "data/fake_tokenizer.h"
#include "program/log.h"
#include "runs/checkpoint.h"

namespace rpp::test {
namespace {

namespace fs = std::filesystem;

class FinishedRun : public testing::Test {
 protected:
  FinishedRun()
      : dir_(fmt::format("finished_{}", testing::UnitTest::GetInstance()->current_test_info()->line())) {
    outcome_.counters = {.step = 12, .tokens = 340, .skipped_steps = 1};
    outcome_.encoder_ratio = 0.6;
    outcome_.target_ratio = 0.6;
    outcome_.seconds = 1.5;
    outcome_.tokens_per_second = 200;
  }

  RunIdentity identity() const { return identity_of(config_); }
  void finish(bool keep_checkpoints = false) const {
    finish_run(dir_.path(), {"steps", 12}, identity(), outcome_, keep_checkpoints);
  }
  // As an earlier version wrote it, without a hash.
  nlohmann::json finished() const {
    auto json = nlohmann::json::parse(read_file(dir_ / "finished.json"));
    json.erase("sha256");
    return json;
  }
  // The error for a finished.json with this text.
  template <typename Json>
  std::string complaint_about(const Json& json) const {
    const auto file = dir_.write("finished.json", json.dump());
    const std::string message =
        message_of([&] { find_finished(dir_.path(), identity(), {.resume = "auto"}); });
    return message.starts_with(file.string()) ? message.substr(file.string().size()) : message;
  }

  TestDir dir_;
  PretrainConfig config_;
  TrainOutcome outcome_;
};

TEST_F(FinishedRun, IsFoundWithItsReport) {
  finish();
  const auto found = find_finished(dir_.path(), identity(), {.resume = "auto"});
  ASSERT_TRUE(found);
  EXPECT_TRUE(found->found_finished);
  EXPECT_EQ(found->counters.step, 12);
  EXPECT_EQ(found->counters.tokens, 340);
  EXPECT_EQ(found->counters.skipped_steps, 1);
  EXPECT_EQ(found->encoder_ratio, 0.6);
  EXPECT_EQ(found->target_ratio, 0.6);
  EXPECT_EQ(found->seconds, 1.5);
  EXPECT_EQ(found->tokens_per_second, 200);
}

TEST_F(FinishedRun, OnlyResumeAutoLooksForIt) {
  EXPECT_FALSE(find_finished(dir_.path(), identity(), {.resume = "auto"}));
  finish();
  EXPECT_FALSE(find_finished(dir_.path(), identity(), {}));
  EXPECT_FALSE(find_finished(dir_.path(), identity(), {.resume = "run/checkpoint-4"}));
}

TEST_F(FinishedRun, AChangedNumberOrSettingIsReportedAsDamage) {
  using Json = nlohmann::ordered_json;
  for (const auto& [name, value] :
       {std::pair{"step", Json(8)}, {"encoder_ratio", Json(0.5)}, {"config", Json("train: {seed: 43}")}}) {
    finish();
    auto json = Json::parse(read_file(dir_ / "finished.json"));
    EXPECT_EQ(complaint_about(json), "no error");
    json[name] = value;
    EXPECT_EQ(complaint_about(json),
              " is damaged: it has another sha256 than it names; remove the run to make it again")
        << name;
  }
}

TEST_F(FinishedRun, AnotherVersionOrDamageIsRefused) {
  finish();
  for (const nlohmann::json& format : {nlohmann::json("rpp-finished-2"), nlohmann::json(1)}) {
    auto json = finished();
    json["format"] = format;
    EXPECT_EQ(complaint_about(json),
              " is of another version (this program reads rpp-finished-1); remove the run to make it again");
    finish();
  }
  for (const char* name :
       {"step", "tokens", "skipped_steps", "encoder_ratio", "target_ratio", "seconds", "tokens_per_second"}) {
    auto json = finished();
    json[name] = "x";
    EXPECT_EQ(complaint_about(json), fmt::format(" is damaged: '{}' is \"x\"", name));
    finish();
  }
}

TEST_F(FinishedRun, AnEarlierVersionIsRecognisedByItsConfigYaml) {
  finish();
  auto json = finished();
  json.erase("config");
  json.erase("inputs");
  dir_.write("config.yaml", to_yaml(config_));
  EXPECT_EQ(complaint_about(json), "no error");
  config_.train.seed = 1;
  EXPECT_NE(complaint_about(json).find("train.seed was 42, now 1"), std::string::npos);
}

TEST_F(FinishedRun, KeepsItsCheckpointsOnRequest) {
  fs::create_directories(dir_ / "checkpoint-12");
  fs::create_directories(dir_ / "best");
  fs::create_directories(dir_ / "abandoned-1");
  finish(/*keep_checkpoints=*/true);
  EXPECT_TRUE(fs::exists(dir_ / "checkpoint-12") && fs::exists(dir_ / "best") &&
              fs::exists(dir_ / "abandoned-1"));
  finish(/*keep_checkpoints=*/false);
  EXPECT_FALSE(fs::exists(dir_ / "checkpoint-12") || fs::exists(dir_ / "best") ||
               fs::exists(dir_ / "abandoned-1"));
}

// A kill after finished.json was written, before the directories were removed.
TEST_F(FinishedRun, TheNextCallRemovesWhatAKilledOneLeft) {
  finish();
  fs::create_directories(dir_ / "checkpoint-12");
  fs::create_directories(dir_ / "best");
  EXPECT_TRUE(find_finished(dir_.path(), identity(), {.resume = "auto"}));
  EXPECT_FALSE(fs::exists(dir_ / "checkpoint-12") || fs::exists(dir_ / "best"));
  finish(/*keep_checkpoints=*/true);
  fs::create_directories(dir_ / "best");
  EXPECT_TRUE(find_finished(dir_.path(), identity(), {.resume = "auto"}));
  EXPECT_TRUE(fs::exists(dir_ / "best"));
}

TEST_F(FinishedRun, ContinuesToMoreStepsWhenACheckpointExists) {
  fs::create_directories(dir_ / "checkpoint-12");
  finish(/*keep_checkpoints=*/true);
  config_.train.steps = 2000;
  EXPECT_FALSE(find_finished(dir_.path(), identity(), {.resume = "auto"}));
  fs::remove_all(dir_ / "checkpoint-12");
  EXPECT_NE(message_of([&] {
              find_finished(dir_.path(), identity(), {.resume = "auto"});
            }).find("its checkpoints are gone: train.steps was 1000, now 2000"),
            std::string::npos);
}

class StartModel : public testing::Test {
 protected:
  // A finished run that started from a model with these weights.
  std::string start_model(const std::string& run, const std::string& weights) {
    FinetuneConfig config;
    config.task = "sst2";
    config.data_dir = dir_.path().string();
    config.model = (dir_.path() / (run + "-model")).string();
    fs::create_directories(config.model);
    write_file_atomically(fs::path(config.model) / "model.safetensors", weights);
    fs::create_directories(dir_.path() / run);
    finish_run(dir_.path() / run, {"epochs", 3}, identity_of(config), {}, false);
    return start_model_of(dir_.path() / run);
  }

  TestDir dir_{fmt::format("start_{}", testing::UnitTest::GetInstance()->current_test_info()->line())};
};

TEST_F(StartModel, IsTheSameForEqualContents) {
  EXPECT_EQ(start_model("a", "weights"), start_model("copy", "weights"));
  EXPECT_NE(start_model("a", "weights"), start_model("b", "other weights"));
}

TEST_F(StartModel, IsThePathForARunThatRecordedNoInputs) {
  dir_.write("config.yaml", "task: sst2\nmodel: runs/pruned-1\n");
  EXPECT_EQ(start_model_of(dir_.path()), "runs/pruned-1");
  dir_.write("finished.json", R"({"format": "rpp-finished-1"})");
  EXPECT_EQ(start_model_of(dir_.path()), "runs/pruned-1");
}

TEST_F(StartModel, IsUnknownForADirectoryWithoutConfiguration) {
  EXPECT_EQ(start_model_of(dir_.path()), "");
}

}  // namespace
}  // namespace rpp::test
