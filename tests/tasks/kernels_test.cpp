// train.kernels: whole runs with the reference implementations of the ops reach the same losses.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "program/line_reader.h"
#include "tasks/run.h"
#include "tiny_run.h"

namespace rpp::test {
namespace {

class KernelsRun : public TinyRun {
 protected:
  // Without dropout: the reference implementations draw other masks.
  KernelsRun() {
    dir_.write("model.yaml",
               std::string(kTinyModel) + "hidden_dropout_prob: 0\nattention_probs_dropout_prob: 0\n");
  }

  // The losses of each training step and evaluation in the log.
  std::vector<double> losses(const std::string& run) const {
    std::vector<double> losses;
    LineReader reader(dir_ / (run + "/metrics.jsonl"));
    for (std::string line; reader.next(line);) {
      const auto object = nlohmann::json::parse(line);
      if (object.contains("loss")) losses.push_back(object["loss"].get<double>());
    }
    return losses;
  }

  void expect_same_losses(const std::string& fast, const std::string& reference, size_t count) const {
    const auto wanted = losses(fast), got = losses(reference);
    ASSERT_EQ(wanted.size(), got.size());
    EXPECT_GE(got.size(), count);
    for (size_t i = 0; i < got.size(); ++i) EXPECT_NEAR(got[i] / wanted[i], 1.0, 1e-5) << "line " << i;
    EXPECT_NE(got, wanted) << "bit-identical: the reference implementations have not run";
  }
};

TEST_F(KernelsRun, ReferenceKernelsGiveTheSamePretrainingLosses) {
  auto settings = config();
  settings.train.steps = 5;
  settings.train.log_every = 1;
  run_pretraining(settings, {});
  settings.output_dir = path("reference");
  settings.train.kernels = "reference";
  run_pretraining(settings, {});
  expect_same_losses("run", "reference", 5);
}

TEST_F(KernelsRun, ReferenceKernelsGiveTheSameFineTuningLosses) {
  run_pretraining(config(), {});
  std::string rows = "sentence\tlabel\n";
  for (int i = 0; i < 60; ++i) rows += fmt::format("w{} w{}\t{}\n", i % 50 + 50 * (i % 2), i % 7, i % 2);
  dir_.write("train.tsv", rows);
  dir_.write("dev.tsv", rows);
  FinetuneConfig settings;
  settings.task = "sst2";
  settings.data_dir = dir_.path();
  settings.model = path("run");
  settings.output_dir = path("fast");
  settings.max_seq_length = 16;
  settings.epochs = 1;
  settings.optimizer.learning_rate = 1e-3;
  settings.train.batch_size = 12;
  settings.train.log_every = 1;
  run_finetuning(settings, {});
  settings.output_dir = path("reference");
  settings.train.kernels = "reference";
  run_finetuning(settings, {});
  expect_same_losses("fast", "reference", 5);
}

}  // namespace
}  // namespace rpp::test
