#include "finetune_run.h"

#include "connect_ranks.h"
#include "data/embed_data.h"
#include "data/squad.h"
#include "data/tag_data.h"
#include "model/init.h"
#include "rank_agreement.h"
#include "runs/finetune_results.h"
#include "tasks/finetune_task.h"
#include "train/device.h"

namespace rpp {
namespace {

struct FinetuneKind {
  bool (*has)(const FinetuneConfig& config);
  Prepare<FinetuneConfig> prepare;
};

// The first that has the task prepares its runs. The last has every name, because the message about an
// unknown one is that of the GLUE tasks.
const FinetuneKind kKinds[] = {
    {.has = [](const FinetuneConfig& config) { return config.task == kEmbedTask; }, .prepare = prepare_embed},
    {.has = [](const FinetuneConfig& config) { return squad_version(config.task).has_value(); },
     .prepare = prepare_squad},
    {.has = is_token_classification, .prepare = prepare_tagging},
    {.has = [](const FinetuneConfig&) { return true; }, .prepare = prepare_glue},
};

Prepare<FinetuneConfig> preparation_of(const FinetuneConfig& config) {
  const FinetuneKind* kind = kKinds;
  while (!kind->has(config)) ++kind;
  return kind->prepare;
}

}  // namespace

FinetuneRun::FinetuneRun(const FinetuneConfig& given, Communicator& ranks)
    : PreparedRun(given), ranks(ranks) {
  use_threads(config.train.num_threads, ranks.place().local_size);
}

void FinetuneRun::set_steps(int64_t num_examples) {
  config.train.steps = steps_of_epochs(num_examples, config.train.batch_size, config.epochs);
}

void FinetuneRun::set_model(std::unique_ptr<Bert> loaded) {
  model = std::move(loaded);
  check_sequence_length(*model, config.max_seq_length);
  check_ranks(ranks, *model, config.train, config.dist);
  prune = resolve_fixed(config.prune, config.model, *model);
  if (config.reinit_layers > 0) {
    initialize_top(*model, config.reinit_layers, static_cast<uint64_t>(config.train.seed));
  }
}

Metrics FinetuneRun::write_metrics(const TrainOutcome& outcome, size_t num_train_samples,
                                   const Metrics& eval_samples) {
  Metrics eval = eval_results(outcome.last_eval, eval_samples);
  write_results(config.output_dir, train_results(outcome, config.epochs, num_train_samples), eval);
  return eval;
}

FinetuneOutcome finetune_over(Communicator& ranks, const FinetuneConfig& config, const RunOptions& options) {
  auto [training, eval] = run_training(config, options, preparation_of(config), ranks);
  return {.training = std::move(training), .eval = std::move(eval)};
}

FinetuneOutcome run_finetuning(const FinetuneConfig& config, const RunOptions& options) {
  return finetune_over(*connect_ranks(config.dist), config, options);
}

PreflightReport check_finetuning(const FinetuneConfig& config) {
  require_one_process("--check");
  return check_training(config, preparation_of(config));
}

}  // namespace rpp
