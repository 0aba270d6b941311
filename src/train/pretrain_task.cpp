#include "rpp/train/pretrain_task.h"

#include <torch/torch.h>

#include <algorithm>

#include "encode_for_loss.h"
#include "rpp/model/hf_checkpoint.h"
#include "rpp/ops/cross_entropy.h"
#include "rpp/train/tensors.h"

namespace rpp {
namespace {

// A step without a single prediction divides nothing by one.
double at_least_one(int64_t count) {
  return static_cast<double>(std::max<int64_t>(count, 1));
}

}  // namespace

TaskLoss pretrain_loss(Bert& model, const PackedBatch& batch, const StepCounts& counts,
                       const ForwardOptions& options, const Teacher* teacher) {
  const auto device = model.device();
  const BertInputs inputs = bert_inputs(batch, device);
  const double predictions = at_least_one(counts.predictions);
  const auto positions = index_tensor(batch.mlm_positions, device);
  const auto needed = torch::cat({positions, first_tokens(inputs.layout)});
  const bool learns_from_teacher = teacher != nullptr && options.training;
  const auto [at_needed, hidden] = encode_for_loss(model, inputs, needed, options, learns_from_teacher);
  const auto logits = model.mlm_logits(at_needed.narrow(0, 0, positions.size(0)));  // [predictions, vocab]
  const CrossEntropy mlm = cross_entropy(logits, index_tensor(batch.mlm_labels, device));
  TaskLoss result{.loss = mlm.loss_sum / predictions};
  result.parts["mlm_loss"] = result.loss.detach();
  result.parts["mlm_accuracy"] = mlm.num_correct / predictions;
  if (learns_from_teacher) {
    const auto aim = teacher->hidden(inputs);
    teacher->blend_into(result,
                        {.student_logits = logits,
                         .teacher_logits = teacher->mlm_logits(aim, positions),
                         .student_hidden = hidden,
                         .teacher_hidden = aim},
                        predictions, static_cast<double>(counts.tokens));
  }
  if (batch.labels.empty()) return result;

  const double sequences = at_least_one(counts.sequences);
  const auto pooled = model.pool(at_needed.narrow(0, positions.size(0), batch.num_sequences()));
  const CrossEntropy nsp = cross_entropy(model.nsp_logits(pooled), index_tensor(batch.labels, device));
  const auto nsp_loss = nsp.loss_sum / sequences;
  result.loss = result.loss + nsp_loss;
  result.parts["nsp_loss"] = nsp_loss.detach();
  result.parts["nsp_accuracy"] = nsp.num_correct / sequences;
  return result;
}

PretrainTask::PretrainTask(Bert& model, const Tokenizer& tokenizer, const PretrainSampler& train,
                           const PretrainSampler* valid, const TrainConfig& config, const Teacher* teacher)
    : model_(model),
      tokenizer_(tokenizer),
      train_(train),
      valid_(valid),
      config_(config),
      teacher_(teacher) {}

std::vector<PackedBatch> PretrainTask::batches(int64_t step) const {
  const int64_t size = sequences_per_pass(config_);
  std::vector<PackedBatch> batches;
  for (int64_t first = 0; first < config_.batch_size; first += size) {
    batches.push_back(train_.batch(step, first, std::min(size, config_.batch_size - first)));
  }
  return batches;
}

TaskLoss PretrainTask::loss(const PackedBatch& batch, const StepCounts& counts,
                            const ForwardOptions& options) {
  return pretrain_loss(model_, batch, counts, options, teacher_);
}

Metrics PretrainTask::evaluate() {
  if (valid_ == nullptr) return {};
  const torch::NoGradGuard no_grad;
  const int64_t size = sequences_per_pass(config_);
  const int64_t num_passes = std::max<int64_t>(1, config_.eval_batches * config_.batch_size / size);
  std::vector<PackedBatch> batches;
  StepCounts counts;
  for (int64_t i = 0; i < num_passes; ++i) {
    batches.push_back(valid_->eval_batch(i, size));
    counts.add(batches.back());
  }
  Metrics metrics;
  for (const auto& batch : batches) {
    const TaskLoss part = loss(batch, counts, {});
    metrics["loss"] += part.loss.item<double>();
    for (const auto& [name, value] : part.parts) metrics[name] += value.item<double>();
  }
  return metrics;
}

std::vector<std::string> PretrainTask::metric_names() const {
  if (valid_ == nullptr) return {};
  if (!valid_->next_sentence()) return {"loss", "mlm_loss", "mlm_accuracy"};
  return {"loss", "mlm_loss", "mlm_accuracy", "nsp_loss", "nsp_accuracy"};
}

void PretrainTask::save_model(const std::filesystem::path& directory,
                              const std::map<std::string, std::string>& metadata) const {
  save_weights(model_, directory, metadata);
  tokenizer_.save(directory);
}

}  // namespace rpp
