// Pre-training on random rows without a corpus, as the contents do not affect the speed.
#pragma once

#include <algorithm>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "measure/random_rows.h"
#include "model/hf_checkpoint.h"
#include "tasks/graphed_pass.h"
#include "tasks/pretrain_loss.h"
#include "train/task.h"

namespace rpp {

// Every step has the same batch.
class RandomRowsTask : public Task {
 public:
  RandomRowsTask(Bert& model, const RandomRows& rows, bool cuda_graph = false)
      : model_(model), batch_(random_rows(model.config(), rows, 1)) {
    if (!cuda_graph) return;
    graphed_ = std::make_unique<GraphedPass>(
        model, BatchShape{.sequences = batch_.num_sequences(),
                          .max_seq_length = *std::max_element(rows.lengths.begin(), rows.lengths.end()),
                          .predictions = static_cast<int64_t>(batch_.mlm_positions.size())});
  }

  Bert& model() override { return model_; }
  int64_t num_samples(int64_t /*step*/) const override { return 1; }  // all rows: they are never divided
  PackedBatch batch(int64_t /*step*/, const Pass& /*pass*/) const override { return batch_; }
  TaskLoss loss(const PackedBatch& batch, const StepCounts& counts, const ForwardOptions& options) override {
    return pretrain_loss(model_, pretrain_inputs(batch, counts, model_.device()), options);
  }
  TaskLoss add_gradients(const PackedBatch& batch, const StepCounts& counts,
                         const ForwardOptions& options) override {
    return graphed_ ? graphed_->add_gradients(batch, counts, options)
                    : Task::add_gradients(batch, counts, options);
  }
  Metrics evaluate() override { return {}; }
  std::vector<std::string> metric_names() const override { return {}; }
  void save_model(const std::filesystem::path& directory,
                  const std::map<std::string, std::string>& metadata) const override {
    save_weights(model_, directory, metadata);
  }

  const PackedBatch& batch() const { return batch_; }

 protected:
  Bert& model_;

 private:
  PackedBatch batch_;
  std::unique_ptr<GraphedPass> graphed_;
};

// Every step has different row lengths, at most `longest`.
class NaturalRowsTask : public RandomRowsTask {
 public:
  NaturalRowsTask(Bert& model, int64_t sequences, int64_t longest)
      : RandomRowsTask(model, {.lengths = {1}}), sequences_(sequences), longest_(longest) {}

  PackedBatch batch(int64_t step, const Pass& /*pass*/) const override {
    return random_rows(model_.config(), {.lengths = lengths(step)}, static_cast<uint64_t>(step));
  }

  std::vector<int64_t> lengths(int64_t step) const {
    return natural_lengths(sequences_, longest_, static_cast<uint64_t>(step));
  }

 private:
  int64_t sequences_, longest_;
};

}  // namespace rpp
