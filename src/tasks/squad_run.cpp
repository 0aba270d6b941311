#include "squad_run.h"

#include <memory>

#include "bert_format/model_labels.h"
#include "data/squad_predictions.h"
#include "model/init.h"
#include "ops/kernels.h"
#include "program/log.h"
#include "rpp/error.h"
#include "run_setup.h"
#include "runs/finetune_results.h"
#include "runs/finished_run.h"
#include "sentencepiece/load_tokenizer.h"
#include "tasks/finetune_task.h"
#include "tasks/squad_task.h"
#include "train/device.h"

namespace rpp {
namespace {

namespace fs = std::filesystem;

void require_answers(const SquadData& data, SquadVersion version) {
  if (version == SquadVersion::v2) return;
  for (const SquadQuestion& question : data.questions) {
    if (question.answers.empty()) {
      fail("question '{}' has no answer, which task squad1 does not know: take squad2", question.id);
    }
  }
}

SquadSet load_set(const FinetuneConfig& config, SquadVersion version, const Tokenizer& tokenizer,
                  std::string_view split, int64_t max_questions = 0) {
  const bool has_answers = split != "test";
  auto files = squad_files(config, version, split);
  if (files.empty()) files = {find_squad_file(version, config.data_dir, split)};  // throws if missing
  SquadSet set{.data = read_squad(files, {.strict = config.squad.strict, .has_answers = has_answers}),
               .features = {}};
  if (has_answers) require_answers(set.data, version);
  if (set.data.misplaced_answers > 0) {
    log::warn("{} answers of the {} set are not where answer_start says, the first of question '{}'{}",
              set.data.misplaced_answers, split, set.data.first_misplaced,
              split == "train" ? ": they are not used for training" : ": they are scored by their text");
  }
  const bool is_train = split == "train";
  if (is_train) remove_misplaced_questions(set.data);
  // All seeds are evaluated on the same questions.
  keep_sampled_questions(set.data, max_questions, is_train ? static_cast<uint64_t>(config.train.seed) : 0);
  RPP_CHECK(!set.data.questions.empty(), "no question of the {} set has an answer at its answer_start",
            split);
  set.features = make_squad_features(set.data, tokenizer,
                                     {.max_seq_length = config.max_seq_length,
                                      .doc_stride = config.squad.doc_stride,
                                      .max_query_length = config.squad.max_query_length,
                                      .num_threads = static_cast<int>(config.train.num_threads)});
  if (set.features.num_cut_questions > 0) {
    log::warn("{}: {} of {} questions were cut to {} tokens (squad.max_query_length)", split,
              set.features.num_cut_questions, set.data.questions.size(), config.squad.max_query_length);
  }
  log::info("{}: {} questions in {} windows", split, set.data.questions.size(), set.features.windows.size());
  return set;
}

// A teacher trained on 1.1 answers every question. Its config.json may name the task it was trained on.
void check_teacher_task(const std::string& teacher_dir, SquadVersion version) {
  if (teacher_dir.empty() || version == SquadVersion::v1) return;
  const std::string task = read_model_labels(teacher_dir).task;
  if (task != squad_name(SquadVersion::v1)) return;
  fail_usage(
      "distill.teacher {} has learned {}, where every question has an answer: fine-tune a dense model on {}",
      teacher_dir, task, squad_name(version));
}

// Everything that a run needs, in order of creation.
struct SquadSetup {
  SquadSetup(const FinetuneConfig& given, SquadVersion squad_version, LoadNotes notes = LoadNotes::log);

  FinetuneConfig config;  // with the steps derived from its epochs
  KernelsGuard kernels;
  SquadVersion version;
  std::unique_ptr<Tokenizer> tokenizer;
  SquadSet train, dev;
  std::unique_ptr<Bert> model;
  PruneConfig prune;  // with the mask found beside the model
  std::unique_ptr<Teacher> teacher;
  std::unique_ptr<SquadTask> task;
};

SquadSetup::SquadSetup(const FinetuneConfig& given, SquadVersion squad_version, LoadNotes notes)
    : config(given),
      kernels(kernels_of(given.train.kernels)),
      version(squad_version),
      tokenizer(load_tokenizer(given.model)) {
  if (!config.class_weights.empty()) {
    fail_usage("class_weights is set, but {} has no classes: leave it out", config.task);
  }
  check_teacher_task(config.distill.teacher, version);
  use_threads(config.train.num_threads);
  train = load_set(config, version, *tokenizer, "train", config.max_train_samples);
  dev = load_set(config, version, *tokenizer, "dev", config.max_eval_samples);
  const auto num_windows = static_cast<int64_t>(train.features.windows.size());
  config.train.steps = steps_of_epochs(num_windows, config.train.batch_size, config.epochs);
  model = load_model(config.model, {.pooler = false, .span = true}, *tokenizer, config.train, notes);
  check_sequence_length(*model, config.max_seq_length);
  prune = resolve_fixed(config.prune, config.model, *model);
  if (config.reinit_layers > 0) {
    initialize_top(*model, config.reinit_layers, static_cast<uint64_t>(config.train.seed));
  }
  teacher = find_teacher(config.distill, *tokenizer, *model, config.train);
  task = std::make_unique<SquadTask>(*model, *tokenizer, train, dev,
                                     SquadSettings{.version = version,
                                                   .max_seq_length = config.max_seq_length,
                                                   .label_smoothing = config.label_smoothing,
                                                   .squad = config.squad,
                                                   .train = config.train},
                                     teacher.get());
}

// Most data sets have no test file.
void write_test_predictions(SquadSetup& setup) {
  const FinetuneConfig& config = setup.config;
  if (squad_files(config, setup.version, "test").empty()) return;
  const SquadSet test = load_set(config, setup.version, *setup.tokenizer, "test");
  const fs::path directory = fs::path(config.output_dir) / "predict";
  fs::create_directories(directory);
  write_squad_predictions(directory, test.data, setup.task->answer(test).predictions,
                          setup.version == SquadVersion::v2);
}

}  // namespace

FinetuneOutcome run_squad(const FinetuneConfig& config, SquadVersion version, const RunOptions& options) {
  const RunDir run_dir(config, options);
  const RunIdentity identity = identity_of(config);
  if (const auto finished = find_finished(config.output_dir, identity, options)) {
    return {.training = *finished, .eval = read_eval_results(config.output_dir)};
  }
  const auto checkpoint = find_checkpoint(config.output_dir, options, identity);
  SquadSetup setup(config, version, load_notes(checkpoint));
  const auto trainer_config = trainer_config_of(setup.config, setup.prune, identity.inputs, options);
  const auto trainer = make_trainer(*setup.task, trainer_config, config.model);
  resume_if_found(*trainer, checkpoint, config.output_dir);
  FinetuneOutcome outcome{.training = trainer->run(), .eval = {}};
  if (outcome.training.stopped) return outcome;

  outcome.eval = eval_results(outcome.training.last_eval,
                              {{"eval_samples", static_cast<double>(setup.dev.data.questions.size())}});
  write_squad_predictions(config.output_dir, setup.dev.data, setup.task->dev_predictions(),
                          version == SquadVersion::v2);
  write_test_predictions(setup);
  write_results(config.output_dir,
                train_results(outcome.training, config.epochs, setup.train.data.questions.size()),
                outcome.eval);
  log_ratios(trainer->params());
  finish_run(config.output_dir, {"epochs", config.epochs}, identity, outcome.training,
             config.train.keep_checkpoints);
  return outcome;
}

PreflightReport check_squad(const FinetuneConfig& config, SquadVersion version) {
  check_output_dir(config.output_dir, {}, input_dirs(config));
  SquadSetup setup(config, version);
  const auto trainer_config = trainer_config_of(setup.config, setup.prune, {}, {});
  const auto trainer = make_trainer(*setup.task, trainer_config, config.model);
  return preflight(*trainer, trainer_config);
}

}  // namespace rpp
