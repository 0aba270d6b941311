// A task with scripted results, and its trainer: runs of a second without data.
#pragma once

#include <gtest/gtest.h>

#include <csignal>
#include <fstream>
#include <limits>
#include <nlohmann/json.hpp>

#include "bert_format/model_config.h"
#include "core/stop_signal.h"
#include "data/fake_tokenizer.h"
#include "model/hf_checkpoint.h"
#include "model/init.h"
#include "ops/torch.h"
#include "train/trainer.h"

namespace rpp::test {

inline ModelConfig tiny_model() {
  ModelConfig config;
  config.vocab_size = 20;
  config.hidden_size = 8;
  config.num_hidden_layers = 1;
  config.num_attention_heads = 2;
  config.intermediate_size = 12;
  config.max_position_embeddings = 8;
  return config;
}

// The loss is the mean square of all pooled values; it is NaN in `bad_steps`, and at `raise_at` the run is
// ended as by SIGTERM.
class ScriptedTask : public Task {
 public:
  ScriptedTask() : model_(tiny_model(), {}) { initialize(model_, 1); }

  Bert& model() override { return model_; }
  int64_t num_samples(int64_t /*step*/) const override { return 1; }
  PackedBatch batch(int64_t step, const Pass& /*pass*/) const override {
    PackedBatch batch;
    batch.input_ids = {2, 7, 9, 3};
    batch.token_type_ids = {0, 0, 0, 0};
    batch.position_ids = {0, 1, 2, 3};
    batch.cu_seqlens = {0, 4};
    batch.labels = {static_cast<int32_t>(step)};
    return batch;
  }
  TaskLoss loss(const PackedBatch& batch, const StepCounts&, const ForwardOptions&) override {
    const int64_t step = batch.labels[0];
    if (step == raise_at) std::raise(SIGTERM);
    if (passes_stop) check_stop();
    const bool bad = std::find(bad_steps.begin(), bad_steps.end(), step) != bad_steps.end();
    auto loss = torch::zeros({});
    for (const auto& spec : model_.param_specs()) loss = loss + spec.param.square().mean();
    return {.loss = bad ? loss * std::numeric_limits<float>::quiet_NaN() : loss, .parts = {}};
  }
  // Evaluation n gives score n, or 0 after the last of them.
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
  bool passes_stop = false;          // passes can be interrupted, as those of a real model
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

  // Without measured values.
  std::vector<nlohmann::json> repeatable_metrics() const {
    auto lines = metrics();
    for (auto& line : lines) line.erase("tokens_per_second");
    return lines;
  }

  TestDir dir_;
  ScriptedTask task_;
};

}  // namespace rpp::test
