#include "tasks/finetune_task.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <numeric>

#include "bert_format/model_labels.h"
#include "dist/gather_values.h"
#include "eval/metrics.h"
#include "eval/multi_label.h"
#include "model/hf_checkpoint.h"
#include "ops/torch.h"
#include "rpp/error.h"
#include "tasks/encode_for_loss.h"
#include "tasks/evaluation_passes.h"
#include "tokenizer/model_max_length.h"
#include "train/tensors.h"

namespace rpp {
namespace {

int64_t ceil_div(int64_t count, int64_t size) {
  return (count + size - 1) / size;
}

// Class numbers, or scores for regression: [examples].
std::vector<double> predictions_of(const torch::Tensor& logits, const GlueTask& glue) {
  const auto values =
      (glue.regression ? logits.squeeze(1) : logits.argmax(1)).to(torch::kFloat64).contiguous();
  return {values.const_data_ptr<double>(), values.const_data_ptr<double>() + values.numel()};
}

// 1 for each label of each example, 0 for the others: [examples, num_labels], fp32.
torch::Tensor targets_of(const DevSet& set) {
  std::vector<int64_t> all(set.examples.size());
  std::iota(all.begin(), all.end(), int64_t{0});
  return float_tensor(make_task_batch(set.examples, all, *set.task).scores, torch::kCPU)
      .view({static_cast<int64_t>(all.size()), set.task->num_labels()});
}

// The loss is that of BCEWithLogitsLoss.
Metrics multi_label_metrics(const torch::Tensor& logits, const DevSet& set) {
  const auto targets = targets_of(set);
  const auto flags = [](const torch::Tensor& chosen) {
    const auto bytes = chosen.to(torch::kUInt8).contiguous();
    return std::vector<uint8_t>(bytes.const_data_ptr<uint8_t>(),
                                bytes.const_data_ptr<uint8_t>() + bytes.numel());
  };
  const auto scores = multi_label_scores(flags(has_label(logits)), flags(targets), logits.size(1));
  return {{"micro_f1", scores.micro_f1},
          {"macro_f1", scores.macro_f1},
          {"subset_accuracy", scores.subset_accuracy},
          {"loss", at::binary_cross_entropy_with_logits(logits, targets).item<double>()}};
}

// logits: [examples, num_labels].
Metrics metrics_of(const torch::Tensor& logits, const DevSet& set) {
  const GlueTask& glue = *set.task;
  if (glue.multi_label) return multi_label_metrics(logits, set);
  std::vector<double> labels;
  std::vector<int32_t> classes;
  std::vector<float> scores;
  for (const EncodedExample& example : set.examples) {
    labels.push_back(glue.regression ? example.score : example.label);
    classes.push_back(example.label);
    scores.push_back(example.score);
  }
  Metrics metrics = glue_metrics(glue.metrics, predictions_of(logits, glue), labels);
  const auto loss = glue.regression ? torch::mse_loss(logits.squeeze(1), float_tensor(scores, torch::kCPU))
                                    : torch::cross_entropy_loss(logits, index_tensor(classes, torch::kCPU));
  metrics["loss"] = loss.item<double>();
  return metrics;
}

std::string problem_type_of(const GlueTask& glue) {
  if (glue.multi_label) return "multi_label_classification";
  return glue.regression ? "regression" : "single_label_classification";
}

nlohmann::ordered_json config_keys_of(const GlueTask& glue) {
  return label_keys({.task = glue.name,
                     .names = glue.regression ? std::vector<std::string>{"score"} : glue.label_names,
                     .problem_type = problem_type_of(glue)});
}

// A sigmoid is the softmax over its logit and 0: [rows, labels] to [rows * labels, 2].
torch::Tensor sigmoid_rows(const torch::Tensor& logits) {
  if (!logits.defined()) return logits;
  const auto flat = logits.reshape({-1});
  return torch::stack({flat, torch::zeros_like(flat)}, 1);
}

}  // namespace

torch::Tensor has_label(const torch::Tensor& logits) {
  return logits.gt(0);
}

int64_t steps_of_epochs(int64_t num_examples, int64_t batch_size, double epochs) {
  const auto steps = static_cast<double>(ceil_div(num_examples, batch_size)) * epochs;
  return std::max<int64_t>(1, static_cast<int64_t>(std::ceil(steps - 1e-9)));
}

FinetuneTask::FinetuneTask(Bert& model, const Tokenizer& tokenizer, const GlueTask& glue,
                           const FinetuneData& data, const TrainConfig& config, ClassLossOptions loss_options,
                           const Teacher* teacher, Communicator& ranks)
    : model_(model),
      tokenizer_(tokenizer),
      glue_(glue),
      data_(data),
      config_(config),
      loss_options_(std::move(loss_options)),
      teacher_(teacher),
      ranks_(ranks),
      epoch_batches_(static_cast<int64_t>(data.train.size()), config) {}

PackedBatch FinetuneTask::batch(int64_t step, const Pass& pass) const {
  return make_task_batch(data_.train, epoch_batches_.indices(step, pass), glue_);
}

TaskLoss FinetuneTask::label_loss(const torch::Tensor& logits, const PackedBatch& batch,
                                  double sequences) const {
  if (glue_.multi_label) {
    const auto targets = float_tensor(batch.scores, logits.device()).view_as(logits);
    const auto sum =
        at::binary_cross_entropy_with_logits(logits.to(torch::kFloat32), targets, {}, {}, at::Reduction::Sum);
    const auto num_correct = has_label(logits).eq(targets.to(torch::kBool)).all(1).sum();
    return {.loss = sum / (sequences * static_cast<double>(logits.size(1))),
            .parts = {{"subset_accuracy", num_correct / sequences}}};
  }
  if (glue_.regression) {
    const auto errors = logits.squeeze(1).to(torch::kFloat32) - float_tensor(batch.scores, logits.device());
    return {.loss = errors.square().sum() / sequences, .parts = {}};
  }
  const ClassLoss result = class_loss(logits, index_tensor(batch.labels, logits.device()), loss_options_);
  return {.loss = result.sum / sequences, .parts = {{"accuracy", result.num_correct / sequences}}};
}

TaskLoss FinetuneTask::loss(const PackedBatch& batch, const StepCounts& counts,
                            const ForwardOptions& options) {
  const BertInputs inputs = bert_inputs(batch, model_.device());
  const auto first = first_tokens(inputs.layout);
  const bool learns_from_teacher = teacher_ != nullptr && options.training;
  const auto [at_first, hidden] =
      encode_for_loss(model_, inputs, first, options,
                      learns_from_teacher ? teacher_->compared_layers() : ComparedLayers::none);
  const auto logits = model_.classify(model_.pool(at_first), options);  // [sequences, num_labels]
  const auto sequences = static_cast<double>(counts.sequences);
  TaskLoss loss = label_loss(logits, batch, sequences);
  if (!learns_from_teacher) return loss;
  const auto aim = teacher_->encode(inputs, first);
  const auto aim_logits = teacher_->class_logits(aim.at_needed);
  const double rows = glue_.multi_label ? sequences * static_cast<double>(logits.size(1)) : sequences;
  teacher_->blend_into(loss,
                       {.student_logits = glue_.multi_label ? sigmoid_rows(logits) : logits,
                        .teacher_logits = glue_.multi_label ? sigmoid_rows(aim_logits) : aim_logits,
                        .student_hidden = hidden,
                        .teacher_hidden = aim.compared},
                       rows, static_cast<double>(counts.tokens));
  return loss;
}

torch::Tensor FinetuneTask::predict(const std::vector<EncodedExample>& examples) {
  std::vector<float> logits;
  const EvaluationPasses passes{
      .unit = "examples", .total = static_cast<int64_t>(examples.size()), .ranks = ranks_};
  for_each_pass(passes, [&](const std::vector<int64_t>& indices) {
    const BertInputs inputs = bert_inputs(make_task_batch(examples, indices, glue_), model_.device());
    const auto pooled = model_.pool(model_.encode_at(inputs, first_tokens(inputs.layout)));
    const auto of_pass = model_.classify(pooled).to(torch::kCPU, torch::kFloat32);
    check_finite_rows(of_pass, indices.front(), "example");
    append(of_pass, logits);
  });
  return float_tensor(gather_values(ranks_, std::move(logits)), torch::kCPU)
      .view({static_cast<int64_t>(examples.size()), -1});  // [examples, num_labels]
}

Metrics FinetuneTask::evaluate() {
  Metrics all;
  dev_logits_.clear();
  for (const DevSet& set : data_.dev) {
    dev_logits_.push_back(predict(set.examples));
    for (const auto& [name, value] : metrics_of(dev_logits_.back(), set)) {
      all[name + set.task->metric_suffix] = value;
    }
  }
  return all;
}

std::vector<std::string> FinetuneTask::metric_names() const {
  std::vector<std::string> names;
  for (const DevSet& set : data_.dev) {
    for (const std::string& name : set.task->metrics) names.push_back(name + set.task->metric_suffix);
    names.push_back("loss" + set.task->metric_suffix);
  }
  return names;
}

std::string FinetuneTask::describe_data() const {
  std::string text =
      fmt::format("{} examples to train on", format_count(static_cast<int64_t>(data_.train.size())));
  for (const DevSet& set : data_.dev) {
    text += fmt::format(", {} to evaluate on ({})", format_count(static_cast<int64_t>(set.examples.size())),
                        set.task->name);
  }
  return text;
}

void FinetuneTask::save_model(const std::filesystem::path& directory,
                              const std::map<std::string, std::string>& metadata) const {
  save_weights(model_, directory, metadata, config_keys_of(glue_));
  tokenizer_.save(directory);
  write_model_max_length(directory, data_.max_seq_length);
}

}  // namespace rpp
