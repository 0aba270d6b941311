// What the training loop asks of a task: the batches of a step, a loss, an evaluation, and the files beside
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

namespace rpp {

// Counts over all micro-batches of a step. A loss is divided by these, so that a step cut into micro-batches
// has the gradient of the big batch: micro-batches hold different numbers of masked tokens.
struct StepCounts {
  int64_t tokens = 0;
  int64_t sequences = 0;
  int64_t predictions = 0;

  void add(const PackedBatch& batch);
};

// Of a forward pass: train.micro_batch_size, or the whole batch where that is 0 or larger.
int64_t sequences_per_pass(const TrainConfig& config);

struct TaskLoss {
  torch::Tensor loss;  // scalar with gradient, divided by the counts of the step
  std::map<std::string, torch::Tensor>
      parts;  // scalars without gradient; summed over the micro-batches for the log
};

// Adds the gradient of a loss to those of the parameters: the loss without it.
TaskLoss backward(TaskLoss loss);

class Task {
 public:
  virtual ~Task() = default;

  virtual Bert& model() = 0;

  // Whether the loss depends on this parameter (ParamSpec::name). What it does not depend on is not trained:
  // it would only decay.
  virtual bool reaches(std::string_view parameter) const {
    static_cast<void>(parameter);
    return true;
  }

  // The micro-batches of this step: a function of (seed, step). Called from the prefetch thread.
  virtual std::vector<PackedBatch> batches(int64_t step) const = 0;

  virtual TaskLoss loss(const PackedBatch& batch, const StepCounts& counts,
                        const ForwardOptions& options) = 0;

  // backward() of loss().
  virtual TaskLoss add_gradients(const PackedBatch& batch, const StepCounts& counts,
                                 const ForwardOptions& options);

  // Metrics on held-out data, such as "mlm_accuracy"; empty when there is none. Runs without gradient and
  // dropout, logs its progress, and calls check_stop() (core/stop_signal.h).
  virtual Metrics evaluate() = 0;

  // What evaluate() gives; empty when there is nothing to evaluate on.
  virtual std::vector<std::string> metric_names() const = 0;

  // What it trains on, for the first lines of a run: "2,400 examples"; empty: nothing to say.
  virtual std::string describe_data() const { return ""; }

  // Model, tokenizer and what else from_pretrained reads, into an existing directory.
  virtual void save_model(const std::filesystem::path& directory,
                          const std::map<std::string, std::string>& metadata) const = 0;
};

}  // namespace rpp
