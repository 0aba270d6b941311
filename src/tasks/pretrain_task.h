// Masked LM and next-sentence prediction on shards.
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "config/config.h"
#include "data/pretrain_sampler.h"
#include "dist/communicator.h"
#include "tasks/graphed_pass.h"
#include "tasks/teacher.h"
#include "train/passes.h"
#include "train/task.h"

namespace rpp {

class PretrainTask : public Task {
 public:
  // `valid` may be null: no evaluation; `teacher` may be null: no distillation. All must outlive the task.
  // Each rank evaluates on its part of the samples.
  PretrainTask(Bert& model, const Tokenizer& tokenizer, const PretrainSampler& train,
               const PretrainSampler* valid, const TrainConfig& config, const Teacher* teacher = nullptr,
               Communicator& ranks = single_process());

  Bert& model() override { return model_; }
  bool reaches(std::string_view parameter) const override;
  int64_t num_samples(int64_t /*step*/) const override { return config_.batch_size; }
  PackedBatch batch(int64_t step, const Pass& pass) const override;
  TaskLoss loss(const PackedBatch& batch, const StepCounts& counts, const ForwardOptions& options) override;
  // With train.cuda_graph this uses a GraphedPass.
  TaskLoss add_gradients(const PackedBatch& batch, const StepCounts& counts,
                         const ForwardOptions& options) override;
  // loss, mlm_loss, mlm_accuracy, nsp_loss, nsp_accuracy.
  Metrics evaluate() override;
  std::vector<std::string> metric_names() const override;
  std::string describe_data() const override;
  void save_model(const std::filesystem::path& directory,
                  const std::map<std::string, std::string>& metadata) const override;

 private:
  Bert& model_;
  const Tokenizer& tokenizer_;
  const PretrainSampler& train_;
  const PretrainSampler* valid_;
  TrainConfig config_;
  const Teacher* teacher_;
  Communicator& ranks_;
  std::unique_ptr<GraphedPass> graphed_;
};

}  // namespace rpp
