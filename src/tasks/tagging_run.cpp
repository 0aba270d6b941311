// Fine-tuning runs of token classification. Beside what every run writes: eval_predictions_custom.conll of
// the dev set, and predict_results_custom.conll of a test set.
#include <memory>

#include "classifier.h"
#include "core/atomic_file.h"
#include "finetune_run.h"
#include "ops/torch.h"
#include "rpp/error.h"
#include "tasks/tagging_task.h"
#include "tokenizer_files/load_tokenizer.h"

namespace rpp {
namespace {

namespace fs = std::filesystem;

constexpr const char* kNoTag = "_";  // of a word that was cut or has no token

// Everything that a run needs, in order of creation.
struct TaggingRun : FinetuneRun {
  TaggingRun(const FinetuneConfig& given, LoadNotes notes, Communicator& ranks);

  Task& task() override { return *tagging_task; }
  void predict() override;
  Metrics write_outputs(const TrainOutcome& outcome) override;

  TaggingData data;
  std::unique_ptr<TaggingTask> tagging_task;
  TagSet test;  // empty without a test file
  std::vector<std::vector<int32_t>> test_predictions;
};

TaggingRun::TaggingRun(const FinetuneConfig& given, LoadNotes notes, Communicator& ranks)
    : FinetuneRun(given, ranks) {
  tokenizer = load_tokenizer(config.model);
  data.labels = tag_labels(config);
  data.train = load_tags(config, data.labels, "train", *tokenizer);
  data.dev = load_tags(config, data.labels, "dev", *tokenizer);
  set_steps(static_cast<int64_t>(data.train.encoded.size()));
  set_model(load_token_classifier(config.model, data.labels, *tokenizer, config.train, notes));
  if (!config.distill.teacher.empty()) {
    check_teacher_labels(config.distill.teacher, task_of_tags(data.labels));
  }
  teacher = find_teacher(config.distill, *tokenizer, *model, config.train);
  ClassLossOptions loss{.label_smoothing = config.label_smoothing,
                        .weights = parse_class_weights(config.class_weights, data.labels)};
  tagging_task = std::make_unique<TaggingTask>(
      *model, *tokenizer, data,
      TaggingSettings{
          .max_seq_length = config.max_seq_length, .loss = std::move(loss), .train = config.train},
      teacher.get(), ranks);
}

// One word per line with its tag, unless it is to be predicted, and the predicted tag, separated by tabs; a
// blank line after each sentence.
std::string prediction_lines(const TagSet& set, std::span<const std::string> labels,
                             const std::vector<std::vector<int32_t>>& predictions) {
  std::string text;
  for (size_t i = 0; i < set.sentences.size(); ++i) {
    const TaggedSentence& sentence = set.sentences[i];
    std::vector<std::string_view> predicted(sentence.words.size(), kNoTag);
    for (size_t tagged = 0; tagged < predictions[i].size(); ++tagged) {
      predicted[static_cast<size_t>(set.encoded[i].words[tagged])] =
          labels[static_cast<size_t>(predictions[i][tagged])];
    }
    for (size_t word = 0; word < sentence.words.size(); ++word) {
      text += sentence.words[word];
      if (!sentence.tags.empty())
        text += fmt::format("\t{}", labels[static_cast<size_t>(sentence.tags[word])]);
      text += fmt::format("\t{}\n", predicted[word]);
    }
    text += '\n';
  }
  return text;
}

void TaggingRun::predict() {
  test = load_tags(config, data.labels, "test", *tokenizer);
  if (!test.sentences.empty()) test_predictions = tagging_task->predict(test.encoded);
}

Metrics TaggingRun::write_outputs(const TrainOutcome& outcome) {
  const fs::path directory = config.output_dir;
  write_file_atomically(directory / "eval_predictions_custom.conll",
                        prediction_lines(data.dev, data.labels, tagging_task->dev_predictions()));
  if (!test.sentences.empty()) {
    write_file_atomically(directory / "predict_results_custom.conll",
                          prediction_lines(test, data.labels, test_predictions));
  }
  return write_metrics(outcome, data.train.encoded.size(),
                       {{"eval_samples", static_cast<double>(data.dev.encoded.size())}});
}

}  // namespace

PreparedFinetuning prepare_tagging(const FinetuneConfig& config, LoadNotes notes, Communicator& ranks) {
  return std::make_unique<TaggingRun>(config, notes, ranks);
}

}  // namespace rpp
