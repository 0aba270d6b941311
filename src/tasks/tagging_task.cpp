#include "tasks/tagging_task.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <numeric>

#include "bert_format/model_labels.h"
#include "dist/gather_values.h"
#include "eval/tagging.h"
#include "model/hf_checkpoint.h"
#include "ops/torch.h"
#include "rpp/error.h"
#include "tasks/encode_for_loss.h"
#include "tasks/evaluation_passes.h"
#include "tokenizer/model_max_length.h"
#include "train/tensors.h"

namespace rpp {
namespace {

using Sentences = std::vector<std::vector<std::string>>;

std::vector<std::string> names_of(std::span<const int32_t> classes, std::span<const std::string> labels) {
  std::vector<std::string> names;
  for (const int32_t of_word : classes) names.push_back(labels[static_cast<size_t>(of_word)]);
  return names;
}

int64_t num_tagged(std::span<const EncodedSentence> sentences) {
  int64_t words = 0;
  for (const EncodedSentence& sentence : sentences) words += sentence.num_tagged();
  return words;
}

// logits: [tagged, labels].
void append_classes(const torch::Tensor& logits, std::vector<int32_t>& classes) {
  const auto best = logits.argmax(1).to(torch::kInt32).contiguous();
  classes.insert(classes.end(), best.const_data_ptr<int32_t>(),
                 best.const_data_ptr<int32_t>() + best.numel());
}

// The classes of all tagged words, sentence by sentence.
std::vector<std::vector<int32_t>> divide(const std::vector<int32_t>& classes,
                                         std::span<const EncodedSentence> sentences) {
  std::vector<std::vector<int32_t>> of_sentences;
  auto next = classes.begin();
  for (const EncodedSentence& sentence : sentences) {
    of_sentences.emplace_back(next, next + sentence.num_tagged());
    next += sentence.num_tagged();
  }
  return of_sentences;
}

}  // namespace

TaggingTask::TaggingTask(Bert& model, const Tokenizer& tokenizer, const TaggingData& data,
                         TaggingSettings settings, const Teacher* teacher, Communicator& ranks)
    : model_(model),
      tokenizer_(tokenizer),
      data_(data),
      settings_(std::move(settings)),
      teacher_(teacher),
      ranks_(ranks),
      epoch_batches_(static_cast<int64_t>(data.train.encoded.size()), settings_.train) {}

PackedBatch TaggingTask::batch(int64_t step, const Pass& pass) const {
  return make_tag_batch(data_.train.encoded, epoch_batches_.indices(step, pass));
}

TaskLoss TaggingTask::loss(const PackedBatch& batch, const StepCounts& counts,
                           const ForwardOptions& options) {
  const BertInputs inputs = bert_inputs(batch, model_.device());
  const auto tagged = index_tensor(batch.label_positions, model_.device());
  const bool learns_from_teacher = teacher_ != nullptr && options.training;
  const auto encoded =
      encode_for_loss(model_, inputs, tagged, options,
                      learns_from_teacher ? teacher_->compared_layers() : ComparedLayers::none);
  const auto logits = model_.classify(encoded.at_needed, options);  // [tagged, labels]
  const ClassLoss result = class_loss(logits, index_tensor(batch.labels, logits.device()), settings_.loss);
  // Sentences may all be without a tagged word.
  const auto words = static_cast<double>(std::max<int64_t>(counts.predictions, 1));
  TaskLoss loss{.loss = result.sum / words, .parts = {{"accuracy", result.num_correct / words}}};
  if (!learns_from_teacher) return loss;
  const auto aim = teacher_->encode(inputs, tagged);
  teacher_->blend_into(loss,
                       {.student_logits = logits,
                        .teacher_logits = teacher_->token_logits(aim.at_needed),
                        .student_hidden = encoded.compared,
                        .teacher_hidden = aim.compared},
                       words, static_cast<double>(counts.tokens));
  return loss;
}

TaggingTask::Predictions TaggingTask::predict_all(const std::vector<EncodedSentence>& sentences) {
  std::vector<int32_t> classes;  // of this rank's passes
  std::vector<double> losses;    // of each of them, summed over its words
  const EvaluationPasses passes{
      .unit = "sentences", .total = static_cast<int64_t>(sentences.size()), .ranks = ranks_};
  int64_t num_words = 0;
  for_each_pass(passes, [&](const std::vector<int64_t>& indices) {
    const PackedBatch batch = make_tag_batch(sentences, indices);
    const auto hidden = model_.encode_at(bert_inputs(batch, model_.device()),
                                         index_tensor(batch.label_positions, model_.device()));
    const auto logits = model_.classify(hidden).to(torch::kCPU, torch::kFloat32);  // [tagged, labels]
    check_finite_rows(logits, num_words, "word");
    append_classes(logits, classes);
    num_words += logits.size(0);
    if (batch.labels.empty()) return;
    const auto loss = class_loss(logits, index_tensor(batch.labels, torch::kCPU), {});
    losses.push_back(loss.sum.item<double>());
  });
  const auto all_losses = gather_values(ranks_, std::move(losses));
  return {.classes = divide(gather_values(ranks_, std::move(classes)), sentences),
          .loss_sum = std::accumulate(all_losses.begin(), all_losses.end(), 0.0)};
}

std::vector<std::vector<int32_t>> TaggingTask::predict(const std::vector<EncodedSentence>& sentences) {
  return predict_all(sentences).classes;
}

Metrics TaggingTask::evaluate() {
  const auto& sentences = data_.dev.encoded;
  Predictions predictions = predict_all(sentences);
  Sentences predicted, labels;
  for (size_t i = 0; i < sentences.size(); ++i) {
    predicted.push_back(names_of(predictions.classes[i], data_.labels));
    labels.push_back(names_of(sentences[i].tags, data_.labels));
  }
  dev_predictions_ = std::move(predictions.classes);
  const TaggingScores scores = tagging_scores(predicted, labels);
  return {{"precision", scores.precision},
          {"recall", scores.recall},
          {"f1", scores.f1},
          {"accuracy", scores.accuracy},
          {"loss", predictions.loss_sum / static_cast<double>(num_tagged(sentences))}};
}

std::vector<std::string> TaggingTask::metric_names() const {
  return {"precision", "recall", "f1", "accuracy", "loss"};
}

std::string TaggingTask::describe_data() const {
  const auto size_of = [](const TagSet& set) {
    return fmt::format("{} sentences with {} tagged words",
                       format_count(static_cast<int64_t>(set.encoded.size())),
                       format_count(num_tagged(set.encoded)));
  };
  return fmt::format("{} to train on, {} to evaluate on", size_of(data_.train), size_of(data_.dev));
}

void TaggingTask::save_model(const std::filesystem::path& directory,
                             const std::map<std::string, std::string>& metadata) const {
  save_weights(model_, directory, metadata,
               label_keys({.task = "custom", .names = data_.labels, .problem_type = ""}));
  tokenizer_.save(directory);
  write_model_max_length(directory, settings_.max_seq_length);
}

}  // namespace rpp
