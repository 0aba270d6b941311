#include "prepared_run.h"

#include <filesystem>
#include <optional>

#include "config/load.h"
#include "program/log.h"
#include "prune/report.h"
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
          .config_yaml = to_yaml(run.config),
          .inputs = inputs,
          .stop_after_step = options.stop_after_step};
}

// Verifies the weights against the mask beside the model they came from, if there is one.
std::unique_ptr<Trainer> make_trainer(Task& task, const TrainerConfig& config, const fs::path& model_dir) {
  auto trainer = std::make_unique<Trainer>(task, config);
  if (const auto mask = mask_beside(model_dir)) trainer->check_against_mask(*mask);
  return trainer;
}

void resume_if_found(Trainer& trainer, const std::optional<fs::path>& checkpoint,
                     const fs::path& output_dir) {
  if (!checkpoint) return;
  trainer.resume(*checkpoint);
  fs::remove(output_dir / "finished.json");  // the run is no longer finished
}

void log_ratios(const FlatParams& params) {
  const std::string ratios = format_ratios(sparsity_report(params, params.size()));
  log::info("finished:\n{}", ratios.substr(0, ratios.size() - 1));
}

}  // namespace

template <typename Config>
RunOutcome run_training(const Config& config, const RunOptions& options, Prepare<Config> prepare) {
  const RunDir run_dir(config, options);
  const RunIdentity identity = identity_of(config);
  if (const auto finished = find_finished(config.output_dir, identity, options)) {
    return {.training = *finished, .eval = recorded_eval(config)};
  }
  const auto checkpoint = find_checkpoint(config.output_dir, options, identity);
  // A checkpoint replaces the loaded weights at once: the log does not say what they lack.
  const auto run = prepare(config, checkpoint ? LoadNotes::quiet : LoadNotes::log);
  const auto trainer =
      make_trainer(run->task(), trainer_config_of(*run, identity.inputs, options), config.model);
  resume_if_found(*trainer, checkpoint, config.output_dir);
  RunOutcome outcome{.training = trainer->run(), .eval = {}};
  if (outcome.training.stopped) return outcome;

  outcome.eval = run->write_outputs(outcome.training);
  log_ratios(trainer->params());
  finish_run(config.output_dir, run->length(), identity, outcome.training, config.train.keep_checkpoints);
  return outcome;
}

template <typename Config>
PreflightReport check_training(const Config& config, Prepare<Config> prepare) {
  check_output_dir(config.output_dir, {}, input_dirs(config));
  const auto run = prepare(config, LoadNotes::log);
  const auto trainer_config = trainer_config_of(*run, {}, {});
  const auto trainer = make_trainer(run->task(), trainer_config, config.model);
  return preflight(*trainer, trainer_config);
}

template RunOutcome run_training(const PretrainConfig&, const RunOptions&, Prepare<PretrainConfig>);
template RunOutcome run_training(const FinetuneConfig&, const RunOptions&, Prepare<FinetuneConfig>);
template PreflightReport check_training(const PretrainConfig&, Prepare<PretrainConfig>);
template PreflightReport check_training(const FinetuneConfig&, Prepare<FinetuneConfig>);

}  // namespace rpp
