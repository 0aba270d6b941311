// Whole runs from a configuration, called by rpp-pretrain and rpp-finetune.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>

#include "config/config.h"
#include "eval/significance.h"
#include "runs/outcome.h"
#include "runs/run_options.h"
#include "train/preflight.h"

namespace rpp {

// Loads data, tokenizer and model, trains, writes the model to output_dir. Throws UsageError when output_dir
// contains another run and `resume` is empty, or "auto" and the settings or inputs differ; and Error when
// another process is using it, and for data, vocabularies and models that do not fit together.
TrainOutcome run_pretraining(const PretrainConfig& config, const RunOptions& options);
PreflightReport check_pretraining(const PretrainConfig& config);

struct FinetuneOutcome {
  TrainOutcome training;
  Metrics eval;  // on the first rank as in eval_results.json: eval_accuracy, eval_loss, eval_samples, ...
};

// Writes to output_dir: the model, eval_results.json, train_results.json, all_results.json,
// eval_predictions_<task>.txt, and predict_results_<task>.txt if the data has a test file.
FinetuneOutcome run_finetuning(const FinetuneConfig& config, const RunOptions& options);
PreflightReport check_finetuning(const FinetuneConfig& config);

struct SeedsOutcome {
  bool stopped = false;                        // by a signal: the same call with `resume` continues
  int64_t finished = 0;                        // runs
  int64_t rank = 0;                            // of this process: the first reports
  std::map<std::string, SeedStatistics> eval;  // by name, as in eval_results.json, without eval_samples
};

// One run per seed in output_dir/seed-N, one after the other, then output_dir/seeds.json. With `resume`
// "auto" finished runs are reused. Throws UsageError for no seed, a duplicate seed, another `resume`.
SeedsOutcome run_finetuning_seeds(const FinetuneConfig& config, std::span<const int64_t> seeds,
                                  const RunOptions& options);

struct ResumeProof {
  int64_t steps = 0;
  int64_t stopped_at = 0;
  std::string difference;  // empty: bit-identical; else the first tensor that differs
};

// Trains `steps` steps twice in temporary directories beside output_dir, once stopped half way and resumed by
// a new trainer, and compares weights, moments, mask and the pruner's state bit for bit. Schedule and rounds
// are those of a run of this number of steps. steps >= 2.
ResumeProof verify_pretraining_resume(const PretrainConfig& config, int64_t steps);

}  // namespace rpp
