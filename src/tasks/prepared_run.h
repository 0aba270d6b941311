// The steps of a training run, the same for every task: directory, checkpoint, set-up, training, results.
//
// A task brings a PreparedRun, which loads its data and model in the constructor.
#pragma once

#include <functional>
#include <memory>

#include "config/config.h"
#include "dist/communicator.h"
#include "ops/kernels.h"
#include "run_setup.h"
#include "runs/finished_run.h"
#include "runs/outcome.h"
#include "runs/run_options.h"
#include "train/preflight.h"
#include "train/task.h"

namespace rpp {

template <typename Config>
struct PreparedRun {
  explicit PreparedRun(const Config& given) : config(given), kernels(kernels_of(given.train.kernels)) {}
  virtual ~PreparedRun() = default;

  virtual Task& task() = 0;
  virtual RunLength length() const = 0;
  // After training, not after a stop, on every rank: computes what write_outputs writes.
  virtual void predict() {}
  // Then, on the first rank: writes what the task leaves beside the model. Returns the metrics of
  // eval_results.json, none in pre-training.
  virtual Metrics write_outputs(const TrainOutcome& outcome) = 0;

  Config config;  // fine-tuning sets train.steps from its epochs
  KernelsGuard kernels;
  PruneConfig prune;  // after resolve_fixed
};

template <typename Config>
using Prepare = std::function<std::unique_ptr<PreparedRun<Config>>(const Config& config, LoadNotes notes,
                                                                   Communicator& ranks)>;

struct RunOutcome {
  TrainOutcome training;
  Metrics eval;  // as write_outputs returned it; of a finished run as it was written
};

// Defined for PretrainConfig and FinetuneConfig. Both throw as run_pretraining does (tasks/run.h). With
// several ranks the first one decides from where the run continues, and writes its files.
template <typename Config>
RunOutcome run_training(const Config& config, const RunOptions& options, const Prepare<Config>& prepare,
                        Communicator& ranks);
template <typename Config>
PreflightReport check_training(const Config& config, const Prepare<Config>& prepare);

}  // namespace rpp
