// The task interface of the training loop: the samples of a step, a loss, an evaluation, and the files beside
// the weights.
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "config/config.h"
#include "data/batch.h"
#include "model/bert.h"
#include "runs/metrics_log.h"
#include "train/passes.h"

namespace rpp {

// Counts over all micro-batches of a step, those of all ranks. Losses are divided by these, because
// micro-batches have different numbers of masked tokens: so a step in micro-batches has the gradient of the
// whole batch.
struct StepCounts {
  int64_t tokens = 0;
  int64_t sequences = 0;
  int64_t predictions = 0;  // masked tokens, or tagged words

  void add(const PackedBatch& batch);
};

// Sequences per forward pass: train.micro_batch_size, or the whole batch if that is 0 or larger.
int64_t sequences_per_pass(const TrainConfig& config);

struct TaskLoss {
  torch::Tensor loss;  // scalar with gradient, divided by the counts of the step
  std::map<std::string, torch::Tensor>
      parts;  // scalars without gradient; summed over the micro-batches for the log
};

// Adds the gradient of the loss to those of the parameters; returns the loss without its graph.
TaskLoss backward(TaskLoss loss);

class Task {
 public:
  virtual ~Task() = default;

  virtual Bert& model() = 0;

  // Whether the loss depends on this parameter (ParamSpec::name). If not it is not trained, as it would only
  // decay.
  virtual bool reaches(std::string_view parameter) const {
    static_cast<void>(parameter);
    return true;
  }

  // Of this step on all ranks together.
  virtual int64_t num_samples(int64_t step) const = 0;

  // These samples of the step, as one batch: a function of (seed, step, pass). Called from the prefetch
  // thread.
  virtual PackedBatch batch(int64_t step, const Pass& pass) const = 0;

  virtual TaskLoss loss(const PackedBatch& batch, const StepCounts& counts,
                        const ForwardOptions& options) = 0;

  // backward() of loss().
  virtual TaskLoss add_gradients(const PackedBatch& batch, const StepCounts& counts,
                                 const ForwardOptions& options);

  // Metrics on held-out data, such as "mlm_accuracy"; empty without such data. Runs without gradient and
  // dropout, logs its progress, and calls check_stop() (core/stop_signal.h).
  virtual Metrics evaluate() = 0;

  // The names of the metrics of evaluate(); empty without data to evaluate.
  virtual std::vector<std::string> metric_names() const = 0;

  // A description of the training data for the first log lines: "2,400 examples"; may be empty.
  virtual std::string describe_data() const { return ""; }

  // Writes model, tokenizer and the other files of from_pretrained into an existing directory.
  virtual void save_model(const std::filesystem::path& directory,
                          const std::map<std::string, std::string>& metadata) const = 0;
};

}  // namespace rpp
