// Pre-training on rows without a corpus. Every step has the same batch: what is in it does not matter.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "rpp/bench/random_rows.h"
#include "rpp/model/hf_checkpoint.h"
#include "rpp/train/pretrain_task.h"

namespace rpp {

class RandomRowsTask : public Task {
 public:
  RandomRowsTask(Bert& model, const RandomRows& rows)
      : model_(model), batch_(random_rows(model.config(), rows, 1)) {}

  Bert& model() override { return model_; }
  std::vector<PackedBatch> batches(int64_t /*step*/) const override { return {batch_}; }
  TaskLoss loss(const PackedBatch& batch, const StepCounts& counts, const ForwardOptions& options) override {
    return pretrain_loss(model_, batch, counts, options);
  }
  Metrics evaluate() override { return {}; }
  std::vector<std::string> metric_names() const override { return {}; }
  void save_model(const std::filesystem::path& directory,
                  const std::map<std::string, std::string>& metadata) const override {
    save_weights(model_, directory, metadata);
  }

  const PackedBatch& batch() const { return batch_; }

 private:
  Bert& model_;
  PackedBatch batch_;
};

}  // namespace rpp
