// Whole runs from a configuration: what rpp-pretrain and rpp-finetune call.
#pragma once

#include <cstdint>
#include <string>

#include "rpp/config/config.h"
#include "rpp/train/preflight.h"
#include "rpp/train/trainer.h"

namespace rpp {

struct RunOptions {
  std::string
      resume;  // empty: start anew; "auto": continue when there is something to continue; or a directory
};

// Loads data, tokenizer and model, trains, leaves the model in output_dir. Throws UsageError when output_dir
// holds another run and `resume` is empty, and Error for data, vocabularies and models that do not fit
// together.
TrainOutcome run_pretraining(const PretrainConfig& config, const RunOptions& options);
PreflightReport check_pretraining(const PretrainConfig& config);

struct FinetuneOutcome {
  TrainOutcome training;
  Metrics eval;  // as in eval_results.json: eval_accuracy, eval_loss, eval_samples, ...
};

// Writes model, predictions (predict_results_<task>.txt for the dev file, and for the test file where there
// is one), eval_results.json, train_results.json and all_results.json into output_dir.
FinetuneOutcome run_finetuning(const FinetuneConfig& config, const RunOptions& options);
PreflightReport check_finetuning(const FinetuneConfig& config);

struct ResumeProof {
  int64_t steps = 0;
  int64_t stopped_at = 0;
  std::string difference;  // empty: equal bit for bit; else the first tensor that differs
};

// Trains `steps` steps twice in temporary directories beside output_dir, once stopped and resumed half way,
// and compares weights, moments and the pruner's state bit for bit. steps >= 2.
ResumeProof verify_pretraining_resume(const PretrainConfig& config, int64_t steps);

}  // namespace rpp
