// Small fine-tuning tasks, which a bag of words solves.
#pragma once

#include <gtest/gtest.h>
#include <cmath>
#include <nlohmann/json.hpp>
#include "bert_format/model_config.h"
#include "core/atomic_file.h"
#include "data/glue_predictions.h"
#include "eval/metrics.h"
#include "model/hf_checkpoint.h"
#include "model/init.h"
#include "ops/torch.h"
#include "prune/mask_file.h"
#include "reached.h"
#include "tasks/finetune_task.h"
#include "tasks/run.h"
#include "tiny_run.h"
#include "tokenizer_files/load_tokenizer.h"
#include "train/tensors.h"

namespace rpp::test {

// Sentences with words from one of two groups; the group is the label.
inline std::string task_rows(int count, int first) {
  std::string text = "sentence\tlabel\n";
  for (int i = first; i < first + count; ++i) {
    const int label = i % 2;
    text +=
        fmt::format("w{} w{} w{}\t{}\n", 50 * label + i % 7, 50 * label + i % 11, 50 * label + i % 13, label);
  }
  return text;
}

// Pairs of texts with words from one of three groups; the group is the label.
inline std::string inference_rows(int count) {
  static constexpr const char* kLabels[] = {"entailment", "neutral", "contradiction"};
  std::string text = "index\tsentence1\tsentence2\tgold_label\n";
  for (int i = 0; i < count; ++i) {
    const int group = i % 3;
    text += fmt::format("{}\tw{} w{}\tw{}\t{}\n", i, 30 * group + i % 7, 30 * group + i % 5,
                        30 * group + i % 11, kLabels[group]);
  }
  return text;
}

class FinetuneRun : public TinyRun {
 protected:
  FinetuneRun() {
    dir_.write("train.tsv", task_rows(96, 0));
    dir_.write("dev.tsv", task_rows(31, 500));
  }

  // A pre-trained model in "run", then the settings for fine-tuning it.
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

  // The same for MNLI, whose files are in the task's subdirectory.
  FinetuneConfig mnli() const {
    std::filesystem::create_directories(dir_ / "glue/MNLI");
    dir_.write("glue/MNLI/train.tsv", inference_rows(96));
    dir_.write("glue/MNLI/dev_matched.tsv", inference_rows(30));
    FinetuneConfig settings = finetune_of("dense");
    settings.task = "mnli";
    settings.data_dir = path("glue");
    settings.epochs = 3;
    return settings;
  }

  nlohmann::json model_config(const std::string& run) const {
    return nlohmann::json::parse(read_file(dir_ / (run + "/config.json")));
  }

  nlohmann::json results() const { return nlohmann::json::parse(read_file(dir_ / "tuned/all_results.json")); }

  TestDir& dir() { return dir_; }
};

}  // namespace rpp::test
