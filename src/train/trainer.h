// The one training loop: micro-batches, clip, schedule, pruner, log, evaluate, checkpoint, stop.
//
// The state is the flat parameters, both moments, the pruner's tensors and a few counters; all else is a
// function of (seed, step). So a resumed run repeats the uninterrupted one bit for bit on the same machine
// and thread count.
//
// With several ranks each runs this loop on its part of every batch. Gradients and losses are summed over the
// ranks, so all have the same state after every step; the first rank alone writes files. With
// dist.deterministic both are summed in an order that is the same for any number of ranks.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "config/config.h"
#include "core/progress.h"
#include "dist/communicator.h"
#include "rpp/flat_params.h"
#include "rpp/prox_adamw.h"
#include "rpp/pruner.h"
#include "runs/metrics_log.h"
#include "runs/outcome.h"
#include "train/heap.h"
#include "train/task.h"
#include "train/tensors.h"

namespace rpp {

class StepWindow;
class StopSignal;
struct BatchPart;
struct StepBatches;
struct StepResult;

struct TrainerConfig {
  std::filesystem::path output_dir;
  OptimizerConfig optimizer;
  ScheduleConfig schedule;
  PruneConfig prune;
  TrainConfig train;
  DistConfig dist;
  std::string config_yaml;                    // the resolved configuration, saved with every checkpoint
  std::map<std::string, std::string> inputs;  // hashes of its input files, saved with every checkpoint
  int64_t stop_after_step = 0;                // ends the run there as SIGTERM would; 0: at train.steps
};

class Trainer {
 public:
  // Moves the task's parameters into one buffer. task and ranks must outlive the trainer. Throws UsageError
  // when the configuration does not fit (rounds that do not fit into the steps, a model without zeros for the
  // fixed method) and Error for a damaged mask.
  Trainer(Task& task, TrainerConfig config, Communicator& ranks = single_process());
  ~Trainer();

  // Continues from a checkpoint directory; verifies it first. Throws Error naming what is damaged or does not
  // fit. run() then moves aside the later checkpoints and the best weights of the abandoned branch.
  void resume(const std::filesystem::path& checkpoint);

  // Runs from the current step to the end, to early stopping, or to a stop. A signal stops it in a step or an
  // evaluation, with a checkpoint of the last complete step; the interrupted work is repeated when the run is
  // resumed. Several ranks stop after the step or the evaluation, all at the same one. The finished model is
  // written to output_dir, its last checkpoint to output_dir/checkpoint-<step>; with train.best_metric the
  // finished model is the best one, which is also in output_dir/best. Throws Error after train.max_bad_steps
  // consecutive non-finite steps, naming the last good checkpoint.
  TrainOutcome run();

  // One step without logs and files; false if it was skipped as non-finite. For probes and tests.
  bool step_once();

  // Throws Error if a weight that this mask file prunes is not zero: a model is checked against the mask
  // beside it before training.
  void check_against_mask(const std::filesystem::path& mask_file) const;

  FlatParams& params() { return *params_; }
  ProxAdamW& optimizer() { return *optimizer_; }
  Pruner& pruner() { return *pruner_; }
  const TrainerCounters& counters() const { return counters_; }

  // A checkpoint of the current state.
  void save(const std::filesystem::path& checkpoint);

 private:
  StepBatches make_batches(int64_t step) const;
  void add_gradients(const BatchPart& part, const StepCounts& counts, NamedTensors& losses);
  StepResult run_passes(const StepBatches& step);
  void sum_gradients();
  StepResult run_step(const StepBatches& batches);
  void train(StepWindow& window, MetricsLog& log, TrainOutcome& outcome, const StopSignal& stop);
  void finish(MetricsLog& log, TrainOutcome& outcome);
  void after_step(StepWindow& window, MetricsLog& log, TrainOutcome& outcome);
  bool evaluation_is_due() const;
  Metrics log_train(StepWindow& window, MetricsLog& log);
  void log_progress(const StepWindow& window, const Metrics& metrics);
  Metrics evaluate();
  Metrics log_eval(MetricsLog& log);
  void log_prune_events(MetricsLog& log);
  double learning_rate(int64_t step) const;
  bool out_of_patience() const;
  void note_best(const Metrics& metrics);
  MetricsLog begin_run();
  void begin_branch();
  void follow_first_rank();
  Metrics restore_best(MetricsLog& log);
  void save_in_run();
  void write_model(const std::filesystem::path& directory) const;
  void write_training_state(const std::filesystem::path& directory) const;
  void load_training_state(const std::filesystem::path& directory);
  void note_bad_step(const StepResult& result) const;
  std::string remedy_for_divergence() const;
  void check_finite_weights() const;

  Task& task_;
  TrainerConfig config_;
  Communicator& ranks_;
  std::unique_ptr<FlatParams> params_;
  std::unique_ptr<ProxAdamW> optimizer_;
  std::unique_ptr<Pruner> pruner_;
  std::vector<int64_t> phase_starts_;  // of the pruner's plan
  TrainerCounters counters_;
  std::unique_ptr<StepWindow> window_;
  StepHeap heap_;
  bool evaluated_ = true;    // whether the evaluation due after the last step has been made
  int64_t saved_step_ = -1;  // of the checkpoint written or loaded last
  std::optional<std::filesystem::path> resumed_from_;
  std::optional<Stopwatch> since_progress_;  // since the last progress line
};

}  // namespace rpp
