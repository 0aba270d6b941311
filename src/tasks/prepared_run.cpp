#include "prepared_run.h"

#include <filesystem>
#include <optional>

#include "config/load.h"
#include "program/log.h"
#include "prune/report.h"
#include "rank_agreement.h"
#include "runs/finetune_results.h"
#include "runs/run_dir.h"
#include "train/trainer.h"

namespace rpp {
namespace {

namespace fs = std::filesystem;

Metrics recorded_eval(const PretrainConfig&) {
  return {};
}
Metrics recorded_eval(const FinetuneConfig& config) {
  return read_eval_results(config.output_dir);
}

template <typename Config>
TrainerConfig trainer_config_of(const PreparedRun<Config>& run, const RunInputs& inputs,
                                const RunOptions& options) {
  return {.output_dir = run.config.output_dir,
          .optimizer = run.config.optimizer,
          .schedule = run.config.schedule,
          .prune = run.prune,
          .train = run.config.train,
          .dist = run.config.dist,
          .config_yaml = to_yaml(run.config),
          .inputs = inputs,
          .stop_after_step = options.stop_after_step};
}

// Verifies the weights against the mask beside the model they came from, if there is one.
std::unique_ptr<Trainer> make_trainer(Task& task, const TrainerConfig& config, const fs::path& model_dir,
                                      Communicator& ranks) {
  auto trainer = std::make_unique<Trainer>(task, config, ranks);
  if (const auto mask = mask_beside(model_dir)) trainer->check_against_mask(*mask);
  return trainer;
}

// Where a run begins.
struct Start {
  std::optional<TrainOutcome> finished;  // it has ended already
  std::optional<fs::path> checkpoint;    // none: at step 0
};

template <typename Config>
Start find_start(const Config& config, const RunOptions& options, const RunIdentity& identity) {
  Start start{.finished = find_finished(config.output_dir, identity, options), .checkpoint = {}};
  if (!start.finished) start.checkpoint = find_checkpoint(config.output_dir, options, identity);
  return start;
}

// What the first rank has found. The directory may change under the eyes of the others.
Start shared_start(Communicator& ranks, const Start& own) {
  constexpr const char* kFinished = "finished";
  const std::string text = own.finished ? kFinished : "checkpoint:" + own.checkpoint.value_or("").string();
  const std::string first = ranks.gather(text).front();
  if (ranks.is_first()) return own;
  if (first == kFinished) {
    return {.finished = TrainOutcome{.found_finished = true, .rank = ranks.rank()}, .checkpoint = {}};
  }
  const std::string checkpoint = first.substr(first.find(':') + 1);
  return {.finished = {},
          .checkpoint = checkpoint.empty() ? std::nullopt : std::optional<fs::path>(checkpoint)};
}

void log_ratios(const FlatParams& params) {
  const std::string ratios = format_ratios(sparsity_report(params, params.size()));
  log::info("finished:\n{}", ratios.substr(0, ratios.size() - 1));
}

// On the first rank: all that is left to do when a run has been trained to its end.
template <typename Config>
Metrics complete_run(PreparedRun<Config>& run, Trainer& trainer, const RunIdentity& identity,
                     const TrainOutcome& outcome) {
  const Config& config = run.config;
  Metrics eval = run.write_outputs(outcome);
  log_ratios(trainer.params());
  finish_run(config.output_dir, run.length(), identity, outcome, config.train.keep_checkpoints);
  return eval;
}

}  // namespace

template <typename Config>
RunOutcome run_training(const Config& config, const RunOptions& options, const Prepare<Config>& prepare,
                        Communicator& ranks) {
  const RunIdentity identity = identity_of(config);
  check_same_run(ranks, identity);
  std::optional<RunDir> run_dir;
  if (ranks.is_first()) run_dir.emplace(config, options);
  const Start start = shared_start(ranks, ranks.is_first() ? find_start(config, options, identity) : Start());
  if (start.finished) return {.training = *start.finished, .eval = recorded_eval(config)};

  // A checkpoint replaces the loaded weights at once: the log does not say what they lack.
  const auto run = prepare(config, start.checkpoint ? LoadNotes::quiet : LoadNotes::log, ranks);
  const auto trainer =
      make_trainer(run->task(), trainer_config_of(*run, identity.inputs, options), config.model, ranks);
  if (start.checkpoint) trainer->resume(*start.checkpoint);
  if (start.checkpoint && ranks.is_first()) {
    fs::remove(fs::path(config.output_dir) / "finished.json");  // the run is no longer finished
  }
  RunOutcome outcome{.training = trainer->run(), .eval = {}};
  outcome.training.rank = ranks.rank();
  if (!outcome.training.stopped) run->predict();
  if (!outcome.training.stopped && ranks.is_first()) {
    outcome.eval = complete_run(*run, *trainer, identity, outcome.training);
  }
  ranks.barrier();  // a launcher ends all ranks when one has ended, and the first may still be writing
  return outcome;
}

template <typename Config>
PreflightReport check_training(const Config& config, const Prepare<Config>& prepare) {
  check_output_dir(config.output_dir, {}, input_dirs(config));
  const auto run = prepare(config, LoadNotes::log, single_process());
  const auto trainer_config = trainer_config_of(*run, {}, {});
  const auto trainer = make_trainer(run->task(), trainer_config, config.model, single_process());
  return preflight(*trainer, trainer_config);
}

template RunOutcome run_training(const PretrainConfig&, const RunOptions&, const Prepare<PretrainConfig>&,
                                 Communicator&);
template RunOutcome run_training(const FinetuneConfig&, const RunOptions&, const Prepare<FinetuneConfig>&,
                                 Communicator&);
template PreflightReport check_training(const PretrainConfig&, const Prepare<PretrainConfig>&);
template PreflightReport check_training(const FinetuneConfig&, const Prepare<FinetuneConfig>&);

}  // namespace rpp
