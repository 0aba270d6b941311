// The pre-training loss, for inputs already on the model's device.
#pragma once

#include <torch/types.h>

#include "data/batch.h"
#include "model/bert.h"
#include "tasks/teacher.h"
#include "train/task.h"

namespace rpp {

// Everything that differs between micro-batches, except dropout's seed.
struct PretrainInputs {
  BertInputs bert;
  torch::Tensor mlm_positions;              // [predictions] int64
  torch::Tensor mlm_labels;                 // [predictions] int64
  torch::Tensor nsp_labels;                 // int64, of the first sequences; empty: no next-sentence loss
  torch::Tensor predictions_and_sequences;  // [2] fp32: those of the step, at least 1
  StepCounts counts;                        // of the step
};

PretrainInputs pretrain_inputs(const PackedBatch& batch, const StepCounts& counts, torch::Device device);

// Mean masked-LM loss over predictions plus mean next-sentence loss over sequences (google-research/bert,
// run_pretraining.py), both divided by the counts of the step. `teacher` may be null: no distillation.
TaskLoss pretrain_loss(const Bert& model, const PretrainInputs& inputs, const ForwardOptions& options,
                       const Teacher* teacher = nullptr);

}  // namespace rpp
