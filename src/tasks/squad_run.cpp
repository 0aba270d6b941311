// Fine-tuning runs of SQuAD. Beside what every run writes: predictions.json and nbest_predictions.json of the
// dev set, null_odds.json for SQuAD 2.0, and the same in predict/ where there is a test set.
#include <memory>
#include <optional>

#include "bert_format/model_labels.h"
#include "data/finetune_data.h"
#include "data/squad_predictions.h"
#include "finetune_run.h"
#include "program/log.h"
#include "rpp/error.h"
#include "tasks/squad_task.h"
#include "tokenizer_files/load_tokenizer.h"

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
struct SquadRun : FinetuneRun {
  SquadRun(const FinetuneConfig& given, LoadNotes notes, Communicator& ranks);

  Task& task() override { return *squad_task; }
  void predict() override;
  Metrics write_outputs(const TrainOutcome& outcome) override;

  SquadVersion version;
  SquadSet train, dev;
  std::unique_ptr<SquadTask> squad_task;
  std::optional<SquadData> test;  // most data sets have none
  std::vector<SquadPrediction> test_predictions;
};

SquadRun::SquadRun(const FinetuneConfig& given, LoadNotes notes, Communicator& ranks)
    : FinetuneRun(given, ranks), version(squad_version(given.task).value()) {
  tokenizer = load_tokenizer(config.model);
  if (!config.class_weights.empty()) {
    fail_usage("class_weights is set, but {} has no classes: leave it out", config.task);
  }
  check_teacher_task(config.distill.teacher, version);
  train = load_set(config, version, *tokenizer, "train", config.max_train_samples);
  dev = load_set(config, version, *tokenizer, "dev", config.max_eval_samples);
  set_steps(static_cast<int64_t>(train.features.windows.size()));
  set_model(load_model(config.model, {.pooler = false, .span = true}, *tokenizer, config.train, notes));
  teacher = find_teacher(config.distill, *tokenizer, *model, config.train);
  squad_task = std::make_unique<SquadTask>(*model, *tokenizer, train, dev,
                                           SquadSettings{.version = version,
                                                         .max_seq_length = config.max_seq_length,
                                                         .label_smoothing = config.label_smoothing,
                                                         .squad = config.squad,
                                                         .train = config.train},
                                           teacher.get(), ranks);
}

void SquadRun::predict() {
  if (squad_files(config, version, "test").empty()) return;
  SquadSet set = load_set(config, version, *tokenizer, "test");
  test_predictions = squad_task->answer(set).predictions;
  test = std::move(set.data);
}

void write_test_predictions(const SquadRun& run) {
  if (!run.test) return;
  const fs::path directory = fs::path(run.config.output_dir) / "predict";
  fs::create_directories(directory);
  write_squad_predictions(directory, *run.test, run.test_predictions, run.version == SquadVersion::v2);
}

Metrics SquadRun::write_outputs(const TrainOutcome& outcome) {
  write_squad_predictions(config.output_dir, dev.data, squad_task->dev_predictions(),
                          version == SquadVersion::v2);
  write_test_predictions(*this);
  const size_t num_questions = dev.data.questions.size();
  return write_metrics(outcome, train.data.questions.size(),
                       {{"eval_samples", static_cast<double>(num_questions)}});
}

}  // namespace

PreparedFinetuning prepare_squad(const FinetuneConfig& config, LoadNotes notes, Communicator& ranks) {
  return std::make_unique<SquadRun>(config, notes, ranks);
}

}  // namespace rpp
