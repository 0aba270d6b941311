// A task whose batches have samples: their tokens are a function of the step and the sample.
#pragma once

#include <numeric>

#include "scripted_task.h"

namespace rpp::test {

// The loss is the mean over the sequences of the mean square of their hidden states, with dropout.
class SampledTask : public ScriptedTask {
 public:
  explicit SampledTask(int64_t num_samples) : num_samples_(num_samples) {}

  int64_t num_samples(int64_t /*step*/) const override { return num_samples_; }
  // labels: the numbers of the samples.
  PackedBatch batch(int64_t step, const Pass& pass) const override {
    PackedBatch batch;
    batch.cu_seqlens = {0};
    for (int64_t sample = pass.first; sample < pass.first + pass.size; ++sample) {
      for (int32_t position = 0; position < 3 + sample % 4; ++position) {
        batch.input_ids.push_back(static_cast<int32_t>((5 * step + 7 * sample + 3 * position) % 20));
        batch.token_type_ids.push_back(0);
        batch.position_ids.push_back(position);
      }
      batch.cu_seqlens.push_back(static_cast<int32_t>(batch.input_ids.size()));
      batch.labels.push_back(static_cast<int32_t>(sample));
    }
    return batch;
  }
  TaskLoss loss(const PackedBatch& batch, const StepCounts& counts, const ForwardOptions& options) override {
    const auto hidden = model().encode(bert_inputs(batch, torch::kCPU), options);
    const auto scale = torch::linspace(0.1, 3, hidden.size(1));
    return {.loss = (hidden * scale).square().sum() / static_cast<double>(counts.sequences), .parts = {}};
  }

 private:
  int64_t num_samples_;
};

}  // namespace rpp::test
