#include "tasks/squad_task.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <numeric>

#include "bert_format/model_labels.h"
#include "core/stop_signal.h"
#include "data/squad_batch.h"
#include "dist/gather_values.h"
#include "model/hf_checkpoint.h"
#include "ops/span_cross_entropy.h"
#include "ops/torch.h"
#include "tasks/evaluation_passes.h"
#include "tasks/squad_evaluation.h"
#include "tokenizer/model_max_length.h"
#include "train/tensors.h"

namespace rpp {
namespace {

constexpr int64_t kEvalWindows = 32;

SpanCrossEntropy span_loss(const torch::Tensor& logits, const SequenceLayout& layout,
                           const PackedBatch& batch, double label_smoothing) {
  const auto device = logits.device();
  return span_cross_entropy(logits, layout, index_tensor(batch.start_positions, device),
                            index_tensor(batch.end_positions, device), label_smoothing);
}

// Throws with the number of the window, logits are [tokens, 2] on the CPU.
void check_finite_windows(const torch::Tensor& logits, const PackedBatch& batch, int64_t first) {
  for (int64_t window = 0; window < batch.num_sequences(); ++window) {
    const int64_t begin = batch.cu_seqlens[window], end = batch.cu_seqlens[window + 1];
    check_finite_rows(logits.narrow(0, begin, end - begin).reshape({1, -1}), first + window, "window");
  }
}

void append_lengths(const PackedBatch& batch, std::vector<int32_t>& lengths) {
  for (int64_t window = 0; window < batch.num_sequences(); ++window) {
    lengths.push_back(batch.cu_seqlens[window + 1] - batch.cu_seqlens[window]);
  }
}

// logits: [tokens, 2] of windows with these lengths.
WindowLogits by_window(const std::vector<float>& logits, const std::vector<int32_t>& lengths) {
  std::vector<int32_t> bounds(lengths.size() + 1);
  std::partial_sum(lengths.begin(), lengths.end(), bounds.begin() + 1);
  WindowLogits windows;
  windows.append(logits, bounds);
  return windows;
}

std::vector<SquadPrediction> decode_all(const SquadSet& set, const WindowLogits& window_logits,
                                        const SquadDecoding& decoding) {
  std::vector<SquadPrediction> predictions;
  for (int64_t question = 0; question < set.features.num_questions(); ++question) {
    check_stop();
    const auto* first_window = set.features.first_window.data() + question;
    const auto logits = window_logits.of(first_window[0], first_window[1]);
    const auto context = static_cast<size_t>(set.data.questions[static_cast<size_t>(question)].context);
    predictions.push_back(decode_squad(set.features, set.data.contexts[context], question, logits, decoding));
  }
  return predictions;
}

}  // namespace

SquadAnswers answer_squad(const Bert& model, const SquadSet& set, const SquadDecoding& decoding,
                          Communicator& ranks) {
  const auto num_windows = static_cast<int64_t>(set.features.windows.size());
  std::vector<float> window_logits;  // of this rank's passes
  std::vector<int32_t> lengths;      // of their windows
  std::vector<double> losses;        // of each pass, summed over its windows
  const EvaluationPasses passes{
      .unit = "windows", .total = num_windows, .per_pass = kEvalWindows, .ranks = ranks};
  for_each_pass(passes, [&](const std::vector<int64_t>& indices) {
    const PackedBatch batch = make_squad_batch(set.features, indices);
    const BertInputs inputs = bert_inputs(batch, model.device());
    const auto logits = model.span_logits(model.encode(inputs));  // [tokens, 2]
    const auto on_host = logits.to(torch::kCPU, torch::kFloat32).contiguous();
    check_finite_windows(on_host, batch, indices.front());
    losses.push_back(span_loss(logits, inputs.layout, batch, /*label_smoothing=*/0).loss_sum.item<double>());
    append(on_host, window_logits);
    append_lengths(batch, lengths);
  });
  const auto all_losses = gather_values(ranks, std::move(losses));
  const auto all_logits = gather_values(ranks, std::move(window_logits));
  return {
      .predictions =
          decode_all(set, by_window(all_logits, gather_values(ranks, std::move(lengths))), decoding),
      .loss = std::accumulate(all_losses.begin(), all_losses.end(), 0.0) / static_cast<double>(num_windows)};
}

SquadTask::SquadTask(Bert& model, const Tokenizer& tokenizer, const SquadSet& train, const SquadSet& dev,
                     SquadSettings settings, const Teacher* teacher, Communicator& ranks)
    : model_(model),
      tokenizer_(tokenizer),
      train_(train),
      dev_(dev),
      settings_(std::move(settings)),
      teacher_(teacher),
      ranks_(ranks),
      epoch_batches_(static_cast<int64_t>(train.features.windows.size()), settings_.train) {}

PackedBatch SquadTask::batch(int64_t step, const Pass& pass) const {
  return make_squad_batch(train_.features, epoch_batches_.indices(step, pass));
}

TaskLoss SquadTask::loss(const PackedBatch& batch, const StepCounts& counts, const ForwardOptions& options) {
  const BertInputs inputs = bert_inputs(batch, model_.device());
  const bool learns_from_teacher = teacher_ != nullptr && options.training;
  const auto encoded = encode_for_loss(
      model_, inputs, {}, options, learns_from_teacher ? teacher_->compared_layers() : ComparedLayers::none);
  const auto logits = model_.span_logits(encoded.at_needed);  // [tokens, 2]
  const SpanCrossEntropy result = span_loss(logits, inputs.layout, batch, settings_.label_smoothing);
  const auto sequences = static_cast<double>(counts.sequences);
  TaskLoss loss{.loss = result.loss_sum / sequences, .parts = {{"accuracy", result.num_correct / sequences}}};
  if (!learns_from_teacher) return loss;
  const auto aim = teacher_->encode(inputs, {});
  teacher_->blend_into(loss,
                       {.student_logits = span_rows(logits, inputs.layout),
                        .teacher_logits = span_rows(teacher_->span_logits(aim.at_needed), inputs.layout),
                        .student_hidden = encoded.compared,
                        .teacher_hidden = aim.compared},
                       2 * sequences, static_cast<double>(counts.tokens));
  return loss;
}

SquadAnswers SquadTask::answer(const SquadSet& set) {
  return answer_squad(model_, set,
                      {.n_best_size = settings_.squad.n_best_size,
                       .max_answer_length = settings_.squad.max_answer_length,
                       .may_have_no_answer = settings_.version == SquadVersion::v2,
                       .null_score_diff_threshold = settings_.squad.null_score_diff_threshold},
                      ranks_);
}

Metrics SquadTask::evaluate() {
  SquadAnswers answers = answer(dev_);
  Metrics metrics = squad_metrics(dev_.data, settings_.version, answers.predictions,
                                  settings_.squad.null_score_diff_threshold);
  metrics["loss"] = answers.loss;
  dev_predictions_ = std::move(answers.predictions);
  return metrics;
}

std::vector<std::string> SquadTask::metric_names() const {
  if (settings_.version == SquadVersion::v1) return {"exact_match", "f1", "loss"};
  return {"exact", "f1", "best_exact", "best_f1", "loss"};
}

std::string SquadTask::describe_data() const {
  const auto size_of = [](const SquadSet& set) {
    return fmt::format("{} questions in {} windows", format_count(set.features.num_questions()),
                       format_count(static_cast<int64_t>(set.features.windows.size())));
  };
  return fmt::format("{} to train on, {} to evaluate on", size_of(train_), size_of(dev_));
}

void SquadTask::save_model(const std::filesystem::path& directory,
                           const std::map<std::string, std::string>& metadata) const {
  save_weights(model_, directory, metadata, task_keys(squad_name(settings_.version)));
  tokenizer_.save(directory);
  write_model_max_length(directory, settings_.max_seq_length);
}

}  // namespace rpp
