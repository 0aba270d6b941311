// Classification and regression on GLUE-like files.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "config/config.h"
#include "data/finetune_data.h"
#include "data/glue.h"
#include "dist/communicator.h"
#include "tasks/class_loss.h"
#include "tasks/epoch_batches.h"
#include "tasks/teacher.h"
#include "train/task.h"

namespace rpp {

class FinetuneTask : public Task {
 public:
  // All but the configuration and the loss's options must outlive the task; `teacher` may be null: no
  // distillation.
  FinetuneTask(Bert& model, const Tokenizer& tokenizer, const GlueTask& glue, const FinetuneData& data,
               const TrainConfig& config, ClassLossOptions loss_options = {},
               const Teacher* teacher = nullptr, Communicator& ranks = single_process());

  Bert& model() override { return model_; }
  // Each epoch has its own order; its last batch may be partial.
  int64_t num_samples(int64_t step) const override { return epoch_batches_.num_samples(step); }
  PackedBatch batch(int64_t step, const Pass& pass) const override;
  TaskLoss loss(const PackedBatch& batch, const StepCounts& counts, const ForwardOptions& options) override;
  // "loss" and the task's metrics for every dev set, with its suffix: accuracy, accuracy_mm.
  Metrics evaluate() override;
  // Logits of the last evaluation: [dev sets] of [examples, num_labels], as from predict.
  const std::vector<torch::Tensor>& dev_logits() const { return dev_logits_; }
  std::vector<std::string> metric_names() const override;
  std::string describe_data() const override;
  void save_model(const std::filesystem::path& directory,
                  const std::map<std::string, std::string>& metadata) const override;

  // Logits without dropout, [examples, num_labels] fp32 on the CPU, in the order of the examples. Divided
  // among the ranks, all of which get the result. Throws Error when one is not finite.
  torch::Tensor predict(const std::vector<EncodedExample>& examples);

 private:
  // The loss on the labels, divided by `sequences`, for multi_label by the number of labels too; logits are
  // [sequences in batch, num_labels].
  TaskLoss label_loss(const torch::Tensor& logits, const PackedBatch& batch, double sequences) const;

  Bert& model_;
  const Tokenizer& tokenizer_;
  const GlueTask& glue_;
  const FinetuneData& data_;
  TrainConfig config_;
  ClassLossOptions loss_options_;
  const Teacher* teacher_;
  Communicator& ranks_;
  EpochBatches epoch_batches_;
  std::vector<torch::Tensor> dev_logits_;
};

// Which labels of a multi_label task are predicted: those with a probability above one half. bool, as logits.
torch::Tensor has_label(const torch::Tensor& logits);

// The steps of this number of epochs, with each epoch rounded up to whole batches.
int64_t steps_of_epochs(int64_t num_examples, int64_t batch_size, double epochs);

}  // namespace rpp
