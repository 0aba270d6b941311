// Answers as spans of a context: SQuAD 1.1 and 2.0.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "config/config.h"
#include "data/squad.h"
#include "dist/communicator.h"
#include "tasks/epoch_batches.h"
#include "tasks/teacher.h"
#include "tokenizer/squad_decode.h"
#include "tokenizer/squad_features.h"
#include "train/task.h"

namespace rpp {

struct SquadSet {
  SquadData data;
  SquadFeatures features;
};

struct SquadAnswers {
  std::vector<SquadPrediction> predictions;  // [questions]
  double loss = 0;                           // mean over the windows
};

// Without gradient and dropout; divided among the ranks, all of which get the result. Throws Error for a
// non-finite logit.
SquadAnswers answer_squad(const Bert& model, const SquadSet& set, const SquadDecoding& decoding,
                          Communicator& ranks = single_process());

struct SquadSettings {
  SquadVersion version = SquadVersion::v1;
  int64_t max_seq_length = 384;  // of the windows
  double label_smoothing = 0;    // over the tokens of a window (ops/span_cross_entropy.h)
  SquadConfig squad;
  TrainConfig train;
};

class SquadTask : public Task {
 public:
  // All but the settings must outlive the task; `teacher` may be null: no distillation.
  SquadTask(Bert& model, const Tokenizer& tokenizer, const SquadSet& train, const SquadSet& dev,
            SquadSettings settings, const Teacher* teacher = nullptr, Communicator& ranks = single_process());

  Bert& model() override { return model_; }
  // Windows; each epoch has its own order, and its last batch may be partial.
  int64_t num_samples(int64_t step) const override { return epoch_batches_.num_samples(step); }
  PackedBatch batch(int64_t step, const Pass& pass) const override;
  // The mean over the windows of the cross entropies of start and end; in training with a teacher, blended
  // with the divergences of both from the teacher's (tasks/teacher.h: two rows per window).
  TaskLoss loss(const PackedBatch& batch, const StepCounts& counts, const ForwardOptions& options) override;
  // "loss" and the official scores on the dev questions.
  Metrics evaluate() override;
  std::vector<std::string> metric_names() const override;
  std::string describe_data() const override;
  void save_model(const std::filesystem::path& directory,
                  const std::map<std::string, std::string>& metadata) const override;

  // As answer_squad.
  SquadAnswers answer(const SquadSet& set);
  // Result of the last evaluate(), as answering a dev set twice takes too long.
  const std::vector<SquadPrediction>& dev_predictions() const { return dev_predictions_; }

 private:
  Bert& model_;
  const Tokenizer& tokenizer_;
  const SquadSet& train_;
  const SquadSet& dev_;
  SquadSettings settings_;
  const Teacher* teacher_;
  Communicator& ranks_;
  EpochBatches epoch_batches_;
  std::vector<SquadPrediction> dev_predictions_;
};

}  // namespace rpp
