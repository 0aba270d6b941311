// Embeddings: a sentence encoder learns to give texts the vectors of a dense one, without labels and without
// negatives (LEAF, arXiv:2509.12539).
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "bert_format/sentence_embedding.h"
#include "config/config.h"
#include "data/embed_data.h"
#include "dist/communicator.h"
#include "tasks/epoch_batches.h"
#include "tasks/teacher.h"
#include "train/task.h"

namespace rpp {

struct EmbedSettings {
  TrainConfig train;
  double weight = 1;                // of the error of the vectors: distill.weight
  SentenceEmbedding embedding;      // of the student and of the teacher
  std::filesystem::path model_dir;  // whose sentence-transformers files the trained model gets
  int64_t max_seq_length = 0;
};

class EmbedTask : public Task {
 public:
  // All but the settings must outlive the task.
  EmbedTask(Bert& model, const Tokenizer& tokenizer, const EmbedData& data, EmbedSettings settings,
            const Teacher& teacher, Communicator& ranks = single_process());

  Bert& model() override { return model_; }
  bool reaches(std::string_view parameter) const override;
  int64_t num_samples(int64_t step) const override { return epoch_batches_.num_samples(step); }
  PackedBatch batch(int64_t step, const Pass& pass) const override;
  // weight * squared distance of the vectors (2 - 2 cos), averaged over texts, and the teacher's hidden
  // states.
  TaskLoss loss(const PackedBatch& batch, const StepCounts& counts, const ForwardOptions& options) override;
  // spearman and pearson of the cosines with the scores; mrr_10, recall_1 and recall_10 of retrieval.
  Metrics evaluate() override;
  std::vector<std::string> metric_names() const override;
  std::string describe_data() const override;
  void save_model(const std::filesystem::path& directory,
                  const std::map<std::string, std::string>& metadata) const override;

  // fp32 [examples, hidden], of length 1, on the CPU. Divided among the ranks, all of which get the result.
  torch::Tensor vectors(const std::vector<EncodedExample>& examples);

 private:
  Metrics similarity_metrics();
  Metrics retrieval_scores();

  Bert& model_;
  const Tokenizer& tokenizer_;
  const EmbedData& data_;
  EmbedSettings settings_;
  const Teacher& teacher_;
  Communicator& ranks_;
  EpochBatches epoch_batches_;
};

}  // namespace rpp
