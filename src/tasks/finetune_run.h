// What fine-tuning runs of all tasks prepare alike. finetune_run.cpp has the table of tasks.
#pragma once

#include <memory>

#include "model/bert.h"
#include "prepared_run.h"
#include "rpp/tokenizer.h"
#include "tasks/run.h"
#include "tasks/teacher.h"

namespace rpp {

struct FinetuneRun : PreparedRun<FinetuneConfig> {
  FinetuneRun(const FinetuneConfig& given, Communicator& ranks);

  RunLength length() const override { return {"epochs", config.epochs}; }
  void set_steps(int64_t num_examples);
  // Checks the model and the ranks, resolves `prune`, and starts reinit_layers anew.
  void set_model(std::unique_ptr<Bert> loaded);
  // train_results.json, eval_results.json, all_results.json; returns what eval_results.json holds.
  Metrics write_metrics(const TrainOutcome& outcome, size_t num_train_samples, const Metrics& eval_samples);

  Communicator& ranks;
  std::unique_ptr<Tokenizer> tokenizer;
  std::unique_ptr<Bert> model;
  std::unique_ptr<Teacher> teacher;
};

using PreparedFinetuning = std::unique_ptr<PreparedRun<FinetuneConfig>>;

// Classification and regression: GLUE and `task: custom`.
PreparedFinetuning prepare_glue(const FinetuneConfig& config, LoadNotes notes, Communicator& ranks);
PreparedFinetuning prepare_embed(const FinetuneConfig& config, LoadNotes notes, Communicator& ranks);
PreparedFinetuning prepare_squad(const FinetuneConfig& config, LoadNotes notes, Communicator& ranks);
// `task: custom` with token_classification.
PreparedFinetuning prepare_tagging(const FinetuneConfig& config, LoadNotes notes, Communicator& ranks);

// run_finetuning() over these ranks.
FinetuneOutcome finetune_over(Communicator& ranks, const FinetuneConfig& config, const RunOptions& options);

}  // namespace rpp
