#include "tasks/pretrain_loss.h"

#include <algorithm>

#include "ops/cross_entropy.h"
#include "ops/torch.h"
#include "tasks/encode_for_loss.h"
#include "train/tensors.h"

namespace rpp {
namespace {

// At least 1, so that a step without predictions does not divide by zero.
template <typename Number>
Number at_least_one(int64_t count) {
  return static_cast<Number>(std::max<int64_t>(count, 1));
}

}  // namespace

PretrainInputs pretrain_inputs(const PackedBatch& batch, const StepCounts& counts, torch::Device device) {
  const std::vector<float> divisors = {at_least_one<float>(counts.predictions),
                                       at_least_one<float>(counts.sequences)};
  return {.bert = bert_inputs(batch, device),
          .mlm_positions = index_tensor(batch.mlm_positions, device),
          .mlm_labels = index_tensor(batch.mlm_labels, device),
          .nsp_labels = index_tensor(batch.labels, device),
          .predictions_and_sequences = float_tensor(divisors, device),
          .counts = counts};
}

TaskLoss pretrain_loss(const Bert& model, const PretrainInputs& inputs, const ForwardOptions& options,
                       const Teacher* teacher) {
  const int64_t num_pairs = inputs.nsp_labels.size(0), num_predictions = inputs.mlm_positions.size(0);
  const auto firsts = first_tokens(inputs.bert.layout).narrow(0, 0, num_pairs);
  const auto needed = torch::cat({firsts, inputs.mlm_positions});
  const bool learns_from_teacher = teacher != nullptr && options.training;
  const auto [at_needed, hidden] =
      encode_for_loss(model, inputs.bert, needed, options,
                      learns_from_teacher ? teacher->compared_layers() : ComparedLayers::none);
  const auto logits =
      model.mlm_logits(at_needed.narrow(0, num_pairs, num_predictions));  // [predictions, vocab]
  const CrossEntropy mlm = cross_entropy(logits, inputs.mlm_labels);
  const auto predictions = inputs.predictions_and_sequences[0];
  TaskLoss result{.loss = mlm.loss_sum / predictions};
  result.parts["mlm_loss"] = result.loss.detach();
  result.parts["mlm_accuracy"] = mlm.num_correct / predictions;
  if (learns_from_teacher) {
    const auto aim = teacher->encode(inputs.bert, inputs.mlm_positions);
    teacher->blend_into(result,
                        {.student_logits = logits,
                         .teacher_logits = teacher->mlm_logits(aim.at_needed),
                         .student_hidden = hidden,
                         .teacher_hidden = aim.compared},
                        at_least_one<double>(inputs.counts.predictions),
                        static_cast<double>(inputs.counts.tokens));
  }
  if (num_pairs == 0) return result;

  const auto sequences = inputs.predictions_and_sequences[1];
  const auto pooled = model.pool(at_needed.narrow(0, 0, num_pairs));
  const CrossEntropy nsp = cross_entropy(model.nsp_logits(pooled), inputs.nsp_labels);
  const auto nsp_loss = nsp.loss_sum / sequences;
  result.loss = result.loss + nsp_loss;
  result.parts["nsp_loss"] = nsp_loss.detach();
  result.parts["nsp_accuracy"] = nsp.num_correct / sequences;
  return result;
}

}  // namespace rpp
