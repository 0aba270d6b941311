#include "tasks/pretrain_task.h"

#include <fmt/format.h>

#include "bert_format/tensor_names.h"
#include "core/stop_signal.h"
#include "model/hf_checkpoint.h"
#include "ops/torch.h"
#include "tasks/evaluation_passes.h"
#include "tasks/pretrain_loss.h"
#include "train/rank_sums.h"
#include "train/tensors.h"

namespace rpp {
PretrainTask::PretrainTask(Bert& model, const Tokenizer& tokenizer, const PretrainSampler& train,
                           const PretrainSampler* valid, const TrainConfig& config, const Teacher* teacher,
                           Communicator& ranks)
    : model_(model),
      tokenizer_(tokenizer),
      train_(train),
      valid_(valid),
      config_(config),
      teacher_(teacher),
      ranks_(ranks) {
  if (config.cuda_graph) {
    graphed_ = std::make_unique<GraphedPass>(model, train.shape(sequences_per_pass(config)));
  }
}

// Only the next-sentence loss depends on the pooler.
bool PretrainTask::reaches(std::string_view parameter) const {
  const ModelPart part = part_of(parameter);
  return train_.next_sentence() || (part != ModelPart::pooler && part != ModelPart::next_sentence);
}

PackedBatch PretrainTask::batch(int64_t step, const Pass& pass) const {
  return train_.batch(step, pass.first, pass.size);
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
  std::vector<PackedBatch> batches;
  StepCounts counts;
  const PassPlan plan{.num_samples = config_.eval_batches * config_.batch_size,
                      .per_pass = sequences_per_pass(config_),
                      .num_ranks = ranks_.size()};
  for (const Pass& pass : whole_passes_of_rank(plan, ranks_.rank())) {
    check_stop();
    batches.push_back(valid_->eval_batch(pass.first, pass.size));
    counts.add(batches.back());
  }
  counts = sum_over_ranks(ranks_, counts);
  NamedTensors values;
  const EvaluationPasses passes{
      .unit = "batches", .total = static_cast<int64_t>(batches.size()), .per_pass = 1};
  for_each_pass(passes, [&](const std::vector<int64_t>& indices) {
    const TaskLoss part = loss(batches[static_cast<size_t>(indices.front())], counts, {});
    values.emplace_back("loss", part.loss);
    values.insert(values.end(), part.parts.begin(), part.parts.end());
  });
  return sum_over_ranks(ranks_, values);
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
