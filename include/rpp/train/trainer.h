// The one training loop: micro-batches, clip, schedule, pruner, log, evaluate, checkpoint, stop.
//
// State is the flat parameters, both moments, the pruner's tensors and a few counters; all else is a function
// of (seed, step). So a resumed run repeats the uninterrupted one bit for bit on the same machine and thread
// count.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "rpp/config/config.h"
#include "rpp/optim/flat_params.h"
#include "rpp/optim/prox_adamw.h"
#include "rpp/prune/pruner.h"
#include "rpp/train/metrics_log.h"
#include "rpp/train/task.h"

namespace rpp {

struct TrainerConfig {
  std::filesystem::path output_dir;
  OptimizerConfig optimizer;
  ScheduleConfig schedule;
  PruneConfig prune;
  TrainConfig train;
  std::string config_yaml;      // the resolved configuration, saved with every checkpoint
  torch::Tensor fixed_mask;     // u8 [num_prunable], 1 = kept; undefined: the zeros of the model
  int64_t stop_after_step = 0;  // ends the run there as SIGTERM would; 0: at train.steps
};

struct TrainerCounters {
  int64_t step = 0;           // steps begun and ended: the next one has this number
  int64_t tokens = 0;         // real tokens seen, of this run and those it continues
  int64_t skipped_steps = 0;  // non-finite loss or gradient
  int64_t bad_in_a_row = 0;
};

struct TrainOutcome {
  TrainerCounters counters;
  bool stopped = false;  // by a signal or stop_after_step; a checkpoint was written
  double seconds = 0;
  double tokens_per_second = 0;  // of this process, evaluation and checkpoints excluded
  Metrics last_train;
  Metrics last_eval;
};

class Trainer {
 public:
  // Moves the task's parameters into one buffer. task must outlive the trainer. Throws UsageError when the
  // configuration does not fit (a mask that is missing, rounds that do not fit into the steps).
  Trainer(Task& task, TrainerConfig config);
  ~Trainer();

  // Continues from a checkpoint directory; verifies it first. Throws Error naming what is damaged or does not
  // fit.
  void resume(const std::filesystem::path& checkpoint);

  // From the current step to the end or a stop. The finished model lies in output_dir itself, its last
  // checkpoint in output_dir/checkpoint-<step>. Throws Error after train.max_bad_steps non-finite steps in a
  // row, naming the last good checkpoint.
  TrainOutcome run();

  // One step without logs and files; false when it was skipped as not finite. For probes and tests.
  bool step_once();

  FlatParams& params() { return *params_; }
  ProxAdamW& optimizer() { return *optimizer_; }
  Pruner& pruner() { return *pruner_; }
  const TrainerCounters& counters() const { return counters_; }

  // A checkpoint of the current state.
  void save(const std::filesystem::path& checkpoint);

 private:
  struct StepResult;
  struct Progress;

  StepResult run_step(const std::vector<PackedBatch>& batches);
  void log_train(const StepResult& result, Progress& progress);
  Metrics log_eval(MetricsLog& log);
  void save_in_run();
  void finish_run();
  void write_model(const std::filesystem::path& directory);
  void abort_if_too_many_bad_steps() const;

  Task& task_;
  TrainerConfig config_;
  std::unique_ptr<FlatParams> params_;
  std::unique_ptr<ProxAdamW> optimizer_;
  std::unique_ptr<Pruner> pruner_;
  TrainerCounters counters_;
};

}  // namespace rpp
