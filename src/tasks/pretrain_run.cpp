// Masked LM and next-sentence pre-training from a configuration.
#include <memory>
#include <optional>

#include "data/pretrain_sampler.h"
#include "ops/kernels.h"
#include "rpp/error.h"
#include "run_setup.h"
#include "runs/finished_run.h"
#include "sentencepiece/fingerprint.h"
#include "sentencepiece/load_tokenizer.h"
#include "tasks/pretrain_task.h"
#include "tasks/run.h"
#include "train/device.h"

namespace rpp {
namespace {

namespace fs = std::filesystem;

std::vector<fs::path> as_paths(const std::vector<std::string>& names) {
  return {names.begin(), names.end()};
}

// Everything that a pre-training run needs, in order of creation.
struct PretrainSetup {
  explicit PretrainSetup(const PretrainConfig& config, LoadNotes notes = LoadNotes::log);

  KernelsGuard kernels;
  std::unique_ptr<Tokenizer> tokenizer;
  ShardSet train_shards;
  std::optional<ShardSet> valid_shards;
  PretrainSampler train_sampler;
  std::optional<PretrainSampler> valid_sampler;
  std::unique_ptr<Bert> model;
  PruneConfig prune;  // with the mask found beside the model
  std::unique_ptr<Teacher> teacher;
  std::unique_ptr<PretrainTask> task;
};

std::unique_ptr<Tokenizer> find_tokenizer(const PretrainConfig& config) {
  const std::string& path = config.tokenizer.empty() ? config.model : config.tokenizer;
  if (path.empty()) fail_usage("tokenizer is not set: a model that starts from model_config has none");
  return load_tokenizer(path);
}

std::unique_ptr<Bert> make_model(const PretrainConfig& config, const Tokenizer& tokenizer, LoadNotes notes) {
  const HeadSpec heads{.pretraining = true};
  return config.model.empty() ? new_model(config.model_config, heads, tokenizer, config.train)
                              : load_model(config.model, heads, tokenizer, config.train, notes);
}

PretrainSetup::PretrainSetup(const PretrainConfig& config, LoadNotes notes)
    : kernels(kernels_of(config.train.kernels)),
      tokenizer(find_tokenizer(config)),
      train_shards(as_paths(config.data.train), fingerprint(*tokenizer)),
      train_sampler(train_shards, *tokenizer, config.data, static_cast<uint64_t>(config.train.seed)) {
  use_threads(config.train.num_threads);
  if (!config.data.valid.empty()) {
    valid_shards.emplace(as_paths(config.data.valid), fingerprint(*tokenizer));
    valid_sampler.emplace(*valid_shards, *tokenizer, config.data, static_cast<uint64_t>(config.train.seed));
  }
  model = make_model(config, *tokenizer, notes);
  check_sequence_length(*model, config.data.max_seq_length);
  RPP_CHECK(!config.data.next_sentence || model->config().type_vocab_size >= 2,
            "data.next_sentence needs a model with type_vocab_size 2, this one has {}: set it to false",
            model->config().type_vocab_size);
  check_cuda_graph(*model, config.train);
  prune = resolve_fixed(config.prune, config.model, *model);
  teacher = find_teacher(config.distill, *tokenizer, *model, config.train);
  task =
      std::make_unique<PretrainTask>(*model, *tokenizer, train_sampler,
                                     valid_sampler ? &*valid_sampler : nullptr, config.train, teacher.get());
}

}  // namespace

TrainOutcome run_pretraining(const PretrainConfig& config, const RunOptions& options) {
  const RunDir run_dir(config, options);
  const RunIdentity identity = identity_of(config);
  if (const auto finished = find_finished(config.output_dir, identity, options)) return *finished;
  const auto checkpoint = find_checkpoint(config.output_dir, options, identity);
  PretrainSetup setup(config, load_notes(checkpoint));
  const auto trainer_config = trainer_config_of(config, setup.prune, identity.inputs, options);
  const auto trainer = make_trainer(*setup.task, trainer_config, config.model);
  resume_if_found(*trainer, checkpoint, config.output_dir);
  const TrainOutcome outcome = trainer->run();
  if (outcome.stopped) return outcome;
  log_ratios(trainer->params());
  const RunLength length{"steps", static_cast<double>(config.train.steps)};
  finish_run(config.output_dir, length, identity, outcome, config.train.keep_checkpoints);
  return outcome;
}

PreflightReport check_pretraining(const PretrainConfig& config) {
  check_output_dir(config.output_dir, {}, input_dirs(config));
  PretrainSetup setup(config);
  const auto trainer_config = trainer_config_of(config, setup.prune, {}, {});
  const auto trainer = make_trainer(*setup.task, trainer_config, config.model);
  return preflight(*trainer, trainer_config);
}

}  // namespace rpp
