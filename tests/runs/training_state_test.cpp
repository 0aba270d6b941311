#include "runs/training_state.h"

#include <gtest/gtest.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "core/atomic_file.h"
#include "data/fake_tokenizer.h"

namespace rpp::test {
namespace {

namespace fs = std::filesystem;

class TrainingStateFile : public testing::Test {
 protected:
  TrainingStateFile()
      : dir_(
            fmt::format("training_state_{}", testing::UnitTest::GetInstance()->current_test_info()->line())) {
    state_ = {.layout_sha256 = "abc",
              .prune_method = "nip",
              .counters = {.step = 7,
                           .tokens = 40,
                           .skipped_steps = 2,
                           .bad_in_a_row = 1,
                           .best_step = 4,
                           .best_value = 0.1,
                           .evals_since_best = 3},
              .evaluated = false,
              .optimizer_steps = 5,
              .window = {.sums = {{"loss", 0.1 + 0.2}},
                         .last_step = {{"grad_norm", NAN}, {"learning_rate", 1e-4}},
                         .last_means = {{"loss", 2.5}},
                         .num_applied = 3,
                         .tokens = 12,
                         .seconds = 0.7},
              .inputs = {{"data.train", "xxh3:0123"}}};
  }

  nlohmann::json written() const {
    write_training_state(dir_ / "state.json", state_);
    return nlohmann::json::parse(read_file(dir_ / "state.json"));
  }
  std::string complaint_about(const nlohmann::json& json) const {
    const auto file = dir_.write("state.json", json.dump());
    const std::string message = message_of([&] { read_training_state(file); });
    return message.starts_with(file.string()) ? message.substr(file.string().size()) : message;
  }

  TestDir dir_;
  TrainingState state_;
};

TEST_F(TrainingStateFile, RoundTrips) {
  written();
  const TrainingState read = read_training_state(dir_ / "state.json");
  EXPECT_EQ(read.layout_sha256, "abc");
  EXPECT_EQ(read.prune_method, "nip");
  EXPECT_EQ(read.counters.step, 7);
  EXPECT_EQ(read.counters.tokens, 40);
  EXPECT_EQ(read.counters.skipped_steps, 2);
  EXPECT_EQ(read.counters.bad_in_a_row, 1);
  EXPECT_EQ(read.counters.best_step, 4);
  EXPECT_EQ(read.counters.best_value, 0.1);
  EXPECT_EQ(read.counters.evals_since_best, 3);
  EXPECT_FALSE(read.evaluated);
  EXPECT_EQ(read.optimizer_steps, 5);
  EXPECT_EQ(read.inputs, state_.inputs);
  EXPECT_EQ(read.window.sums, state_.window.sums);  // bit for bit
  EXPECT_EQ(read.window.last_step.at("learning_rate"), 1e-4);
  EXPECT_TRUE(std::isnan(read.window.last_step.at("grad_norm")));
  EXPECT_EQ(read.window.last_means, state_.window.last_means);
  EXPECT_EQ(read.window.num_applied, 3);
  EXPECT_EQ(read.window.tokens, 12);
  EXPECT_EQ(read.window.seconds, 0.7);
}

TEST_F(TrainingStateFile, AnotherVersionIsRefused) {
  for (const nlohmann::json& format :
       {nlohmann::json("rpp-training-state-2"), nlohmann::json(1), nlohmann::json()}) {
    auto json = written();
    json["format"] = format;
    EXPECT_EQ(complaint_about(json), " is of another version (this program reads rpp-training-state-1)");
  }
}

TEST_F(TrainingStateFile, AnEarlierVersionHasNoWindowAndInputs) {
  auto json = written();
  json.erase("window");
  json.erase("inputs");
  dir_.write("state.json", json.dump());
  const TrainingState read = read_training_state(dir_ / "state.json");
  EXPECT_TRUE(read.window.sums.empty() && read.inputs.empty());
  EXPECT_EQ(read.counters.step, 7);
}

TEST_F(TrainingStateFile, EveryMissingOrWronglyTypedMemberIsNamed) {
  const auto json = written();
  for (const char* name : {"layout_sha256", "prune_method", "step", "tokens", "skipped_steps", "bad_in_a_row",
                           "best_step", "best_value", "evals_since_best", "evaluated", "optimizer_steps"}) {
    auto missing = json, wrong = json;
    missing.erase(name);
    wrong[name] = nlohmann::json::array();
    EXPECT_EQ(complaint_about(missing), fmt::format(" is damaged: '{}' is missing", name));
    EXPECT_EQ(complaint_about(wrong), fmt::format(" is damaged: '{}' is []", name));
  }
  auto window = json, input = json;
  window["window"]["tokens"] = "many";
  input["inputs"]["model"] = 5;
  EXPECT_EQ(complaint_about(window), " is damaged: 'tokens' is \"many\"");
  EXPECT_EQ(complaint_about(input), " is damaged: 'model' of 'inputs' is 5");
}

// A step is an integer: 7.5 would be truncated to 7.
TEST_F(TrainingStateFile, AFractionOfAStepIsRefused) {
  auto json = written();
  json["step"] = 7.5;
  EXPECT_EQ(complaint_about(json), " is damaged: 'step' is 7.5");
}

TEST_F(TrainingStateFile, ABestValueThatIsNotANumberIsNamed) {
  auto json = written();
  json["best_value"] = nullptr;  // as NaN was saved by an earlier version
  EXPECT_EQ(complaint_about(json), " is damaged: 'best_value' is null");
}

TEST_F(TrainingStateFile, ContradictoryCountersAreRefused) {
  const auto with = [&](const char* name, int64_t value) {
    auto json = written();
    json[name] = value;
    return complaint_about(json);
  };
  EXPECT_EQ(with("best_step", 7), "no error");
  EXPECT_NE(with("best_step", 8).find("contradict each other"), std::string::npos);
  EXPECT_EQ(with("skipped_steps", 7), "no error");
  EXPECT_NE(with("skipped_steps", 8).find("contradict each other"), std::string::npos);
  EXPECT_NE(with("skipped_steps", -1).find("contradict each other"), std::string::npos);
  EXPECT_NE(with("step", -1).find("contradict each other"), std::string::npos);
  EXPECT_NE(with("tokens", -1).find("contradict each other"), std::string::npos);
}

TEST(StepWindow, ContinuesFromASavedState) {
  const auto step = [](double loss, double grad_norm) {
    return StepResult{.applied = true,
                      .learning_rate = loss / 10,
                      .grad_norm = grad_norm,
                      .tokens = 8,
                      .metrics = {{"loss", loss}}};
  };
  StepWindow whole, before;
  whole.add(step(3, 1), 0.5);
  before.add(step(3, 1), 0.5);
  StepWindow after(before.state());
  whole.add(step(1, 2), 1.5);
  after.add(step(1, 2), 1.5);
  EXPECT_EQ(whole.means(),
            (Metrics{{"loss", 2}, {"learning_rate", 0.1}, {"grad_norm", 2}, {"tokens_per_second", 8}}));
  EXPECT_EQ(after.take(), whole.take());
  EXPECT_EQ(after.last_means().at("loss"), 2);
  EXPECT_TRUE(after.state().sums.empty());
  EXPECT_EQ(after.total_seconds(), 1.5);  // only its own steps
}

TEST(StepWindow, ASkippedStepIsExcludedFromTheMeans) {
  StepWindow window;
  window.add({.applied = true, .tokens = 8, .metrics = {{"loss", 3}}}, 1);
  window.add({.applied = false, .grad_norm = NAN, .tokens = 8, .metrics = {{"loss", NAN}}}, 1);
  EXPECT_EQ(window.means().at("loss"), 3);
  EXPECT_EQ(window.means().at("tokens_per_second"), 8);
}

}  // namespace
}  // namespace rpp::test
