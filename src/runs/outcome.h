// The progress of a training run, and how it ended. Without Torch.
#pragma once

#include <cstdint>

#include "runs/metrics_log.h"

namespace rpp {

struct TrainerCounters {
  int64_t step = 0;           // completed steps: the next one has this number
  int64_t tokens = 0;         // real tokens seen, by this run and those it continues
  int64_t skipped_steps = 0;  // non-finite loss or gradient
  int64_t bad_in_a_row = 0;
  int64_t best_step = -1;   // of the evaluation with the best train.best_metric; -1: none yet
  double best_value = 0.0;  // its value
  int64_t evals_since_best = 0;
};

struct TrainOutcome {
  TrainerCounters counters;
  bool stopped = false;  // by a signal or stop_after_step; a checkpoint was written
  bool by_signal = false;
  bool found_finished = false;  // by an earlier call: nothing was trained
  double encoder_ratio = 0;     // zeros over prunable entries at the end
  double target_ratio = 0;      // the target of prune.target_ratio and prune.ratios; 0 without one
  double seconds = 0;
  double tokens_per_second = 0;  // of this process, without evaluations and checkpoints
  int64_t rank = 0;              // of this process among those of the run: the first reports
  Metrics last_train;
  Metrics last_eval;
};

}  // namespace rpp
