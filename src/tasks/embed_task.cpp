#include "tasks/embed_task.h"

#include <fmt/format.h>

#include <span>

#include "bert_format/tensor_names.h"
#include "dist/gather_values.h"
#include "eval/metrics.h"
#include "eval/retrieval.h"
#include "model/hf_checkpoint.h"
#include "ops/torch.h"
#include "rpp/error.h"
#include "tasks/encode_for_loss.h"
#include "tasks/evaluation_passes.h"
#include "tasks/sentence_pooling.h"
#include "tokenizer/model_max_length.h"
#include "train/tensors.h"

namespace rpp {
namespace {

std::vector<double> to_doubles(const torch::Tensor& values) {
  const auto doubles = values.to(torch::kFloat64).contiguous();
  return {doubles.const_data_ptr<double>(), doubles.const_data_ptr<double>() + doubles.numel()};
}

}  // namespace

EmbedTask::EmbedTask(Bert& model, const Tokenizer& tokenizer, const EmbedData& data, EmbedSettings settings,
                     const Teacher& teacher, Communicator& ranks)
    : model_(model),
      tokenizer_(tokenizer),
      data_(data),
      settings_(std::move(settings)),
      teacher_(teacher),
      ranks_(ranks),
      epoch_batches_(static_cast<int64_t>(data.train.size()), settings_.train) {}

bool EmbedTask::reaches(std::string_view parameter) const {
  return part_of(parameter) != ModelPart::pooler;
}

PackedBatch EmbedTask::batch(int64_t step, const Pass& pass) const {
  return make_batch(data_.train, epoch_batches_.indices(step, pass), /*regression=*/false);
}

TaskLoss EmbedTask::loss(const PackedBatch& batch, const StepCounts& counts, const ForwardOptions& options) {
  const BertInputs inputs = bert_inputs(batch, model_.device());
  const auto student = encode_for_loss(model_, inputs, {}, options, teacher_.compared_layers());
  const auto aim = teacher_.encode(inputs, {});
  const auto errors = sentence_vectors(settings_.embedding, student.at_needed, inputs.layout) -
                      sentence_vectors(settings_.embedding, aim.at_needed, inputs.layout);
  const auto error = errors.square().sum() / static_cast<double>(counts.sequences);
  TaskLoss loss{.loss = error * settings_.weight, .parts = {{"vector_loss", error.detach()}}};
  teacher_.add_hidden_loss(loss, student.compared, aim.compared, static_cast<double>(counts.tokens));
  return loss;
}

torch::Tensor EmbedTask::vectors(const std::vector<EncodedExample>& examples) {
  std::vector<float> vectors;
  const EvaluationPasses passes{
      .unit = "texts", .total = static_cast<int64_t>(examples.size()), .ranks = ranks_};
  for_each_pass(passes, [&](const std::vector<int64_t>& indices) {
    const BertInputs inputs =
        bert_inputs(make_batch(examples, indices, /*regression=*/false), model_.device());
    const auto of_pass =
        sentence_vectors(settings_.embedding, model_.encode(inputs), inputs.layout).to(torch::kCPU);
    check_finite_rows(of_pass, indices.front(), "text");
    append(of_pass, vectors);
  });
  return float_tensor(gather_values(ranks_, std::move(vectors)), torch::kCPU)
      .view({static_cast<int64_t>(examples.size()), -1});
}

Metrics EmbedTask::similarity_metrics() {
  const SimilaritySet& set = data_.similarity;
  const auto cosines = to_doubles((vectors(set.first) * vectors(set.second)).sum(1));
  return {{"spearman", spearman(cosines, set.scores)}, {"pearson", pearson(cosines, set.scores)}};
}

Metrics EmbedTask::retrieval_scores() {
  const RetrievalSet& set = data_.retrieval;
  const auto documents = vectors(set.documents);
  const auto queries = vectors(set.queries);
  std::vector<int64_t> ranks;
  for (int64_t query = 0; query < queries.size(0); ++query) {
    const auto scores = torch::mv(documents, queries[query]);
    ranks.push_back(rank_of({scores.const_data_ptr<float>(), static_cast<size_t>(scores.numel())},
                            set.answers[static_cast<size_t>(query)]));
  }
  const auto metrics = retrieval_metrics(ranks);
  return {metrics.begin(), metrics.end()};
}

Metrics EmbedTask::evaluate() {
  Metrics metrics;
  if (!data_.similarity.first.empty()) metrics.merge(similarity_metrics());
  if (!data_.retrieval.queries.empty()) metrics.merge(retrieval_scores());
  return metrics;
}

std::vector<std::string> EmbedTask::metric_names() const {
  std::vector<std::string> names;
  if (!data_.similarity.first.empty()) names = {"spearman", "pearson"};
  if (!data_.retrieval.queries.empty()) names.insert(names.end(), {"mrr_10", "recall_1", "recall_10"});
  return names;
}

std::string EmbedTask::describe_data() const {
  return fmt::format("{} texts to learn from; {} pairs and {} queries over {} documents to evaluate on",
                     format_count(static_cast<int64_t>(data_.train.size())),
                     format_count(static_cast<int64_t>(data_.similarity.first.size())),
                     format_count(static_cast<int64_t>(data_.retrieval.queries.size())),
                     format_count(static_cast<int64_t>(data_.retrieval.documents.size())));
}

void EmbedTask::save_model(const std::filesystem::path& directory,
                           const std::map<std::string, std::string>& metadata) const {
  save_weights(model_, directory, metadata);
  tokenizer_.save(directory);
  write_model_max_length(directory, settings_.max_seq_length);
  copy_sentence_embedding_files(settings_.model_dir, directory);
}

}  // namespace rpp
