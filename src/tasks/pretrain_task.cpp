#include "tasks/pretrain_task.h"

#include <fmt/format.h>

#include <algorithm>

#include "bert_format/tensor_names.h"
#include "core/stop_signal.h"
#include "model/hf_checkpoint.h"
#include "ops/torch.h"
#include "tasks/evaluation_passes.h"
#include "tasks/pretrain_loss.h"
#include "train/tensors.h"

namespace rpp {
PretrainTask::PretrainTask(Bert& model, const Tokenizer& tokenizer, const PretrainSampler& train,
                           const PretrainSampler* valid, const TrainConfig& config, const Teacher* teacher)
    : model_(model), tokenizer_(tokenizer), train_(train), valid_(valid), config_(config), teacher_(teacher) {
  if (config.cuda_graph) {
    graphed_ = std::make_unique<GraphedPass>(model, train.shape(sequences_per_pass(config)));
  }
}

// Only the next-sentence loss depends on the pooler.
bool PretrainTask::reaches(std::string_view parameter) const {
  const ModelPart part = part_of(parameter);
  return train_.next_sentence() || (part != ModelPart::pooler && part != ModelPart::next_sentence);
}

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
  return pretrain_loss(model_, pretrain_inputs(batch, counts, model_.device()), options, teacher_);
}

TaskLoss PretrainTask::add_gradients(const PackedBatch& batch, const StepCounts& counts,
                                     const ForwardOptions& options) {
  return graphed_ ? graphed_->add_gradients(batch, counts, options)
                  : Task::add_gradients(batch, counts, options);
}

Metrics PretrainTask::evaluate() {
  if (valid_ == nullptr) return {};
  const int64_t num_samples = config_.eval_batches * config_.batch_size;
  const int64_t size = sequences_per_pass(config_);
  std::vector<PackedBatch> batches;
  StepCounts counts;
  for (int64_t first = 0; first < num_samples; first += size) {
    check_stop();
    batches.push_back(valid_->eval_batch(first, std::min(size, num_samples - first)));
    counts.add(batches.back());
  }
  NamedTensors values;
  const EvaluationPasses passes{
      .unit = "batches", .total = static_cast<int64_t>(batches.size()), .per_pass = 1};
  for_each_pass(passes, [&](const std::vector<int64_t>& indices) {
    const TaskLoss part = loss(batches[static_cast<size_t>(indices.front())], counts, {});
    values.emplace_back("loss", part.loss);
    values.insert(values.end(), part.parts.begin(), part.parts.end());
  });
  return sums_of(values);
}

std::vector<std::string> PretrainTask::metric_names() const {
  if (valid_ == nullptr) return {};
  if (!valid_->next_sentence()) return {"loss", "mlm_loss", "mlm_accuracy"};
  return {"loss", "mlm_loss", "mlm_accuracy", "nsp_loss", "nsp_accuracy"};
}

std::string PretrainTask::describe_data() const {
  const auto size_of = [](const PretrainSampler& sampler) {
    return fmt::format("{} tokens in {} documents", format_count(sampler.shards().num_tokens()),
                       format_count(sampler.shards().num_documents()));
  };
  return fmt::format("{} to train on, {}", size_of(train_),
                     valid_ == nullptr ? "none to evaluate on" : size_of(*valid_) + " to evaluate on");
}

void PretrainTask::save_model(const std::filesystem::path& directory,
                              const std::map<std::string, std::string>& metadata) const {
  save_weights(model_, directory, metadata);
  tokenizer_.save(directory);
}

}  // namespace rpp
