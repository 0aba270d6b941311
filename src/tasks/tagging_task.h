// Token classification: a tag for each word of a sentence.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "config/config.h"
#include "data/tag_data.h"
#include "dist/communicator.h"
#include "tasks/class_loss.h"
#include "tasks/epoch_batches.h"
#include "tasks/teacher.h"
#include "train/task.h"

namespace rpp {

struct TaggingData {
  std::vector<std::string> labels;
  TagSet train, dev;
};

struct TaggingSettings {
  int64_t max_seq_length = 128;
  ClassLossOptions loss;
  TrainConfig train;
};

class TaggingTask : public Task {
 public:
  // All but the settings must outlive the task; `teacher` may be null: no distillation.
  TaggingTask(Bert& model, const Tokenizer& tokenizer, const TaggingData& data, TaggingSettings settings,
              const Teacher* teacher = nullptr, Communicator& ranks = single_process());

  Bert& model() override { return model_; }
  // Sentences; each epoch has its own order, and its last batch may be partial.
  int64_t num_samples(int64_t step) const override { return epoch_batches_.num_samples(step); }
  PackedBatch batch(int64_t step, const Pass& pass) const override;
  // The mean cross entropy over the tagged words of a step, at their first tokens, as in
  // BertForTokenClassification; in training with a teacher, blended with the divergence from the teacher's
  // logits of these tokens.
  TaskLoss loss(const PackedBatch& batch, const StepCounts& counts, const ForwardOptions& options) override;
  // "loss", and the scores of eval/tagging.h.
  Metrics evaluate() override;
  std::vector<std::string> metric_names() const override;
  std::string describe_data() const override;
  void save_model(const std::filesystem::path& directory,
                  const std::map<std::string, std::string>& metadata) const override;

  // The classes of each sentence's tagged words, without dropout. Divided among the ranks, all of which get
  // the result. Throws Error for a non-finite logit.
  std::vector<std::vector<int32_t>> predict(const std::vector<EncodedSentence>& sentences);
  // The same of the dev set, from the last evaluation.
  const std::vector<std::vector<int32_t>>& dev_predictions() const { return dev_predictions_; }

 private:
  struct Predictions {
    std::vector<std::vector<int32_t>> classes;  // [sentences]
    double loss_sum = 0;                        // over the tagged words, if their tags are known
  };
  Predictions predict_all(const std::vector<EncodedSentence>& sentences);

  Bert& model_;
  const Tokenizer& tokenizer_;
  const TaggingData& data_;
  TaggingSettings settings_;
  const Teacher* teacher_;
  Communicator& ranks_;
  EpochBatches epoch_batches_;
  std::vector<std::vector<int32_t>> dev_predictions_;
};

}  // namespace rpp
