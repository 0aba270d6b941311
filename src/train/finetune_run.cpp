// Fine-tuning on a GLUE-like task from a configuration, and the result files.
#include <torch/torch.h>

#include <memory>
#include <nlohmann/json.hpp>

#include "rpp/core/atomic_file.h"
#include "rpp/core/error.h"
#include "rpp/core/log.h"
#include "rpp/model/init.h"
#include "rpp/train/finetune_task.h"
#include "rpp/train/runs.h"
#include "run_setup.h"
#include "squad_run.h"

namespace rpp {
namespace {

namespace fs = std::filesystem;
using nlohmann::ordered_json;

std::vector<EncodedExample> load_examples(const FinetuneConfig& config, const GlueTask& glue,
                                          const Tokenizer& tokenizer, std::string_view split,
                                          int64_t max_samples) {
  auto examples =
      read_glue(glue, find_glue_file(glue, config.data_dir, split), /*has_labels=*/split != "test");
  if (max_samples > 0 && max_samples < static_cast<int64_t>(examples.size())) {
    examples.resize(static_cast<size_t>(max_samples));
  }
  return encode_glue(examples, tokenizer, config.max_seq_length);
}

// Everything that a fine-tuning run stands on, in the order in which it is made.
struct FinetuneSetup {
  explicit FinetuneSetup(const FinetuneConfig& given);

  FinetuneConfig config;  // with the steps of its epochs
  const GlueTask& glue;
  std::unique_ptr<Tokenizer> tokenizer;
  FinetuneData data;
  std::unique_ptr<Bert> model;
  PruneConfig prune;  // with the mask found beside the model
  std::unique_ptr<Teacher> teacher;
  std::unique_ptr<FinetuneTask> task;
};

FinetuneSetup::FinetuneSetup(const FinetuneConfig& given)
    : config(given), glue(glue_task(given.task)), tokenizer(load_tokenizer(given.model)) {
  use_threads(config.train.num_threads);
  data.train = load_examples(config, glue, *tokenizer, "train", config.max_train_samples);
  data.dev = load_examples(config, glue, *tokenizer, "dev", config.max_eval_samples);
  config.train.steps =
      steps_of_epochs(static_cast<int64_t>(data.train.size()), config.train.batch_size, config.epochs);
  model = load_model(config.model, {.num_labels = glue.num_labels()}, *tokenizer, config.train);
  check_sequence_length(*model, config.max_seq_length);
  prune = resolve_fixed(config.prune, config.model, *model);
  if (config.reinit_layers > 0) {
    initialize_top(*model, config.reinit_layers, static_cast<uint64_t>(config.train.seed));
  }
  if (glue.regression && !config.distill.teacher.empty()) {
    fail_usage("distill.teacher is set, but {} is a regression: it has no logits to soften", glue.name);
  }
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
  if (glue.regression) return fmt::format("{:.3f}", logits[0].item<float>());
  return glue.label_names[static_cast<size_t>(logits.argmax().item<int64_t>())];
}

std::string label_of(const EncodedExample& example, const GlueTask& glue) {
  if (glue.regression) return fmt::format("{:.3f}", example.score);
  return glue.label_names[static_cast<size_t>(example.label)];
}

// "index<TAB>prediction<TAB>label" for the dev set, without labels for a test file.
void write_predictions(const fs::path& file, FinetuneSetup& setup,
                       const std::vector<EncodedExample>& examples, bool with_labels) {
  const auto logits = setup.task->predict(examples);  // [examples, num_labels]
  std::string text = with_labels ? "index\tprediction\tlabel\n" : "index\tprediction\n";
  for (size_t i = 0; i < examples.size(); ++i) {
    text += fmt::format("{}\t{}", i, answer_of(logits[static_cast<int64_t>(i)], setup.glue));
    text += with_labels ? fmt::format("\t{}\n", label_of(examples[i], setup.glue)) : "\n";
  }
  write_file_atomically(file, text);
}

// Most data sets come without a test file.
void write_test_predictions(FinetuneSetup& setup) {
  if (!try_find_glue_file(setup.glue, setup.config.data_dir, "test")) return;
  const auto examples = load_examples(setup.config, setup.glue, *setup.tokenizer, "test", 0);
  write_predictions(
      fs::path(setup.config.output_dir) / fmt::format("predict_results_{}.txt", setup.glue.name), setup,
      examples, /*with_labels=*/false);
}

void write_json(const fs::path& file, const Metrics& metrics) {
  write_file_atomically(file, ordered_json(metrics).dump(2) + "\n");
}

Metrics eval_results(const Metrics& metrics, size_t num_examples) {
  Metrics results;
  for (const auto& [name, value] : metrics) {
    if (name != "encoder_ratio") results["eval_" + name] = value;
  }
  results["eval_samples"] = static_cast<double>(num_examples);
  return results;
}

Metrics train_results(const TrainOutcome& outcome, const FinetuneSetup& setup) {
  Metrics results = {{"epoch", setup.config.epochs},
                     {"train_samples", static_cast<double>(setup.data.train.size())},
                     {"train_steps", static_cast<double>(outcome.counters.step)},
                     {"train_skipped_steps", static_cast<double>(outcome.counters.skipped_steps)},
                     {"train_runtime", outcome.seconds},
                     {"train_tokens_per_second", outcome.tokens_per_second}};
  if (outcome.last_train.contains("loss")) results["train_loss"] = outcome.last_train.at("loss");
  return results;
}

void write_results(const fs::path& dir, const Metrics& train, const Metrics& eval) {
  Metrics all = train;
  all.insert(eval.begin(), eval.end());
  write_json(dir / "train_results.json", train);
  write_json(dir / "eval_results.json", eval);
  write_json(dir / "all_results.json", all);
}

}  // namespace

FinetuneOutcome run_finetuning(const FinetuneConfig& config, const RunOptions& options) {
  if (const auto version = squad_version(config.task)) return run_squad(config, *version, options);
  check_output_dir(config.output_dir, options);
  FinetuneSetup setup(config);
  const auto trainer_config = trainer_config_of(setup.config, setup.prune, options);
  const auto trainer = make_trainer(*setup.task, trainer_config, config.model);
  resume_if_asked(*trainer, config.output_dir, options, trainer_config.config_yaml);
  FinetuneOutcome outcome{.training = trainer->run(), .eval = {}};
  if (outcome.training.stopped) return outcome;

  const fs::path dir = config.output_dir;
  outcome.eval = eval_results(outcome.training.last_eval, setup.data.dev.size());
  write_predictions(dir / fmt::format("eval_predictions_{}.txt", setup.glue.name), setup, setup.data.dev,
                    /*with_labels=*/true);
  write_test_predictions(setup);
  write_results(dir, train_results(outcome.training, setup), outcome.eval);
  log_ratios(trainer->params());
  return outcome;
}

PreflightReport check_finetuning(const FinetuneConfig& config) {
  if (const auto version = squad_version(config.task)) return check_squad(config, *version);
  check_output_dir(config.output_dir, {});
  FinetuneSetup setup(config);
  const auto trainer_config = trainer_config_of(setup.config, setup.prune, {});
  const auto trainer = make_trainer(*setup.task, trainer_config, config.model);
  return preflight(*trainer, trainer_config);
}

}  // namespace rpp
