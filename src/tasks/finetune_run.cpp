// Fine-tuning on a GLUE-like task from a configuration, and the result files.
#include <memory>

#include "classifier.h"
#include "core/atomic_file.h"
#include "model/init.h"
#include "ops/kernels.h"
#include "ops/torch.h"
#include "program/log.h"
#include "rpp/error.h"
#include "run_setup.h"
#include "runs/finetune_results.h"
#include "runs/finished_run.h"
#include "sentencepiece/load_tokenizer.h"
#include "squad_run.h"
#include "tasks/finetune_task.h"
#include "tasks/run.h"
#include "train/device.h"

namespace rpp {
namespace {

namespace fs = std::filesystem;

// Everything that a fine-tuning run needs, in order of creation.
struct FinetuneSetup {
  explicit FinetuneSetup(const FinetuneConfig& given, LoadNotes notes = LoadNotes::log);

  FinetuneConfig config;  // with the steps derived from its epochs
  KernelsGuard kernels;
  GlueTask glue;
  std::unique_ptr<Tokenizer> tokenizer;
  FinetuneData data;
  std::unique_ptr<Bert> model;
  PruneConfig prune;  // with the mask found beside the model
  std::unique_ptr<Teacher> teacher;
  std::unique_ptr<FinetuneTask> task;
};

FinetuneSetup::FinetuneSetup(const FinetuneConfig& given, LoadNotes notes)
    : config(given),
      kernels(kernels_of(given.train.kernels)),
      glue(finetuning_task(given)),
      tokenizer(load_tokenizer(given.model)) {
  use_threads(config.train.num_threads);
  data = load_finetune_data(config, glue, *tokenizer);
  config.train.steps =
      steps_of_epochs(static_cast<int64_t>(data.train.size()), config.train.batch_size, config.epochs);
  model = load_classifier_model(config.model, glue, *tokenizer, config.train, notes);
  check_sequence_length(*model, config.max_seq_length);
  prune = resolve_fixed(config.prune, config.model, *model);
  if (config.reinit_layers > 0) {
    initialize_top(*model, config.reinit_layers, static_cast<uint64_t>(config.train.seed));
  }
  if (glue.regression && !config.distill.teacher.empty()) {
    fail_usage("distill.teacher is set, but {} is a regression: it has no logits to soften", glue.name);
  }
  if (!config.distill.teacher.empty()) check_teacher_labels(config.distill.teacher, glue);
  if (glue.regression && config.label_smoothing > 0) {
    fail_usage("label_smoothing is set, but {} is a regression: it has no labels to smooth", glue.name);
  }
  teacher = find_teacher(config.distill, *tokenizer, *model, config.train);
  ClassLossOptions loss{.label_smoothing = config.label_smoothing,
                        .weights = parse_class_weights(config.class_weights, glue.label_names)};
  task = std::make_unique<FinetuneTask>(*model, *tokenizer, glue, data, config.train, std::move(loss),
                                        teacher.get());
}

std::string answer_of(const torch::Tensor& logits, const GlueTask& glue) {
  if (glue.regression) return fmt::format("{:.6g}", logits[0].item<float>());
  return glue.label_names[static_cast<size_t>(logits.argmax().item<int64_t>())];
}

std::string label_of(const EncodedExample& example, const GlueTask& glue) {
  if (glue.regression) return fmt::format("{:.6g}", example.score);
  return glue.label_names[static_cast<size_t>(example.label)];
}

// "index<TAB>prediction<TAB>label"; logits are [examples, num_labels].
void write_dev_predictions(const fs::path& dir, const DevSet& set, const torch::Tensor& logits) {
  std::string text = "index\tprediction\tlabel\n";
  for (size_t i = 0; i < set.examples.size(); ++i) {
    text += fmt::format("{}\t{}\t{}\n", i, answer_of(logits[static_cast<int64_t>(i)], *set.task),
                        label_of(set.examples[i], *set.task));
  }
  write_file_atomically(dir / fmt::format("eval_predictions_{}.txt", set.task->name), text);
}

// "index<TAB>prediction". Most data sets have no test file.
void write_test_predictions(FinetuneSetup& setup, const GlueTask& task) {
  const auto examples = load_test_examples(setup.config, task, *setup.tokenizer);
  if (examples.empty()) return;
  const auto logits = setup.task->predict(examples);  // [examples, num_labels]
  std::string text = "index\tprediction\n";
  for (int64_t i = 0; i < logits.size(0); ++i) text += fmt::format("{}\t{}\n", i, answer_of(logits[i], task));
  write_file_atomically(fs::path(setup.config.output_dir) / fmt::format("predict_results_{}.txt", task.name),
                        text);
}

void write_all_predictions(FinetuneSetup& setup) {
  const auto& logits = setup.task->dev_logits();
  for (size_t i = 0; i < setup.data.dev.size(); ++i) {
    write_dev_predictions(setup.config.output_dir, setup.data.dev[i], logits[i]);
  }
  write_test_predictions(setup, setup.glue);
  for (const GlueTask* companion : companions_of(setup.glue)) write_test_predictions(setup, *companion);
}

Metrics samples_of(const std::vector<DevSet>& sets) {
  Metrics samples;
  for (const DevSet& set : sets) {
    samples["eval_samples" + set.task->metric_suffix] = static_cast<double>(set.examples.size());
  }
  return samples;
}

}  // namespace

FinetuneOutcome run_finetuning(const FinetuneConfig& config, const RunOptions& options) {
  if (const auto version = squad_version(config.task)) return run_squad(config, *version, options);
  const RunDir run_dir(config, options);
  const RunIdentity identity = identity_of(config);
  if (const auto finished = find_finished(config.output_dir, identity, options)) {
    return {.training = *finished, .eval = read_eval_results(config.output_dir)};
  }
  const auto checkpoint = find_checkpoint(config.output_dir, options, identity);
  FinetuneSetup setup(config, load_notes(checkpoint));
  const auto trainer_config = trainer_config_of(setup.config, setup.prune, identity.inputs, options);
  const auto trainer = make_trainer(*setup.task, trainer_config, config.model);
  resume_if_found(*trainer, checkpoint, config.output_dir);
  FinetuneOutcome outcome{.training = trainer->run(), .eval = {}};
  if (outcome.training.stopped) return outcome;

  const fs::path dir = config.output_dir;
  outcome.eval = eval_results(outcome.training.last_eval, samples_of(setup.data.dev));
  write_all_predictions(setup);
  write_results(dir, train_results(outcome.training, setup.config.epochs, setup.data.train.size()),
                outcome.eval);
  log_ratios(trainer->params());
  finish_run(dir, {"epochs", config.epochs}, identity, outcome.training, config.train.keep_checkpoints);
  return outcome;
}

PreflightReport check_finetuning(const FinetuneConfig& config) {
  if (const auto version = squad_version(config.task)) return check_squad(config, *version);
  check_output_dir(config.output_dir, {}, input_dirs(config));
  FinetuneSetup setup(config);
  const auto trainer_config = trainer_config_of(setup.config, setup.prune, {}, {});
  const auto trainer = make_trainer(*setup.task, trainer_config, config.model);
  return preflight(*trainer, trainer_config);
}

}  // namespace rpp
