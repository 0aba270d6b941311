// Fine-tuning runs of classification and regression, and their prediction files.
#include <memory>

#include "classifier.h"
#include "core/atomic_file.h"
#include "finetune_run.h"
#include "ops/torch.h"
#include "rpp/error.h"
#include "tasks/finetune_task.h"
#include "tokenizer_files/load_tokenizer.h"

namespace rpp {
namespace {

namespace fs = std::filesystem;

struct TestLogits {
  const GlueTask* task;
  torch::Tensor logits;  // [examples, num_labels]
};

// Everything that a run stands on, in the order in which it is made.
struct GlueRun : FinetuneRun {
  GlueRun(const FinetuneConfig& given, LoadNotes notes, Communicator& ranks);

  Task& task() override { return *finetune_task; }
  void predict() override;
  Metrics write_outputs(const TrainOutcome& outcome) override;

  GlueTask glue;
  FinetuneData data;
  std::unique_ptr<FinetuneTask> finetune_task;
  std::vector<TestLogits> test_logits;
};

void check_regression(const FinetuneConfig& config, const GlueTask& glue) {
  if (config.label_smoothing > 0) {
    fail_usage("label_smoothing is set, but {} is a regression: it has no labels to smooth", glue.name);
  }
}

void check_multi_label(const FinetuneConfig& config) {
  if (config.label_smoothing == 0 && config.class_weights.empty()) return;
  fail_usage("{} is set, but custom.multi_label has a sigmoid for each label: leave it out",
             config.label_smoothing > 0 ? "label_smoothing" : "class_weights");
}

GlueRun::GlueRun(const FinetuneConfig& given, LoadNotes notes, Communicator& ranks)
    : FinetuneRun(given, ranks), glue(finetuning_task(given)) {
  tokenizer = load_tokenizer(config.model);
  data = load_finetune_data(config, glue, *tokenizer);
  set_steps(static_cast<int64_t>(data.train.size()));
  set_model(load_classifier_model(config.model, glue, *tokenizer, config.train, notes));
  if (glue.regression) check_regression(config, glue);
  if (glue.multi_label) check_multi_label(config);
  if (!config.distill.teacher.empty() && !glue.regression) check_teacher_labels(config.distill.teacher, glue);
  teacher = find_teacher(config.distill, *tokenizer, *model, config.train);
  ClassLossOptions loss{.label_smoothing = config.label_smoothing,
                        .weights = parse_class_weights(config.class_weights, glue.label_names)};
  finetune_task = std::make_unique<FinetuneTask>(*model, *tokenizer, glue, data, config.train,
                                                 std::move(loss), teacher.get(), ranks);
}

std::string joined_labels(const std::vector<int32_t>& classes, const GlueTask& glue) {
  std::vector<std::string_view> names;
  for (const int32_t label : classes) names.push_back(glue.label_names[static_cast<size_t>(label)]);
  return fmt::format("{}", fmt::join(names, glue.label_separator));
}

std::vector<int32_t> predicted_labels(const torch::Tensor& logits) {
  const auto classes = has_label(logits).nonzero().squeeze(1).to(torch::kInt32).contiguous();
  return {classes.const_data_ptr<int32_t>(), classes.const_data_ptr<int32_t>() + classes.numel()};
}

std::string answer_of(const torch::Tensor& logits, const GlueTask& glue) {
  if (glue.multi_label) return joined_labels(predicted_labels(logits), glue);
  if (glue.regression) return fmt::format("{:.6g}", logits[0].item<float>());
  return glue.label_names[static_cast<size_t>(logits.argmax().item<int64_t>())];
}

std::string label_of(const EncodedExample& example, const GlueTask& glue) {
  if (glue.multi_label) return joined_labels(example.label_set, glue);
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

// Most data sets have no test file.
void predict_test(GlueRun& run, const GlueTask& task) {
  const auto examples = load_test_examples(run.config, task, *run.tokenizer);
  if (!examples.empty()) run.test_logits.push_back({&task, run.finetune_task->predict(examples)});
}

void GlueRun::predict() {
  predict_test(*this, glue);
  for (const GlueTask* companion : companions_of(glue)) predict_test(*this, *companion);
}

// "index<TAB>prediction".
void write_test_predictions(const fs::path& dir, const TestLogits& test) {
  const auto& [task, logits] = test;
  std::string text = "index\tprediction\n";
  for (int64_t i = 0; i < logits.size(0); ++i)
    text += fmt::format("{}\t{}\n", i, answer_of(logits[i], *task));
  write_file_atomically(dir / fmt::format("predict_results_{}.txt", task->name), text);
}

void write_all_predictions(const GlueRun& run) {
  const auto& logits = run.finetune_task->dev_logits();
  for (size_t i = 0; i < run.data.dev.size(); ++i) {
    write_dev_predictions(run.config.output_dir, run.data.dev[i], logits[i]);
  }
  for (const TestLogits& test : run.test_logits) write_test_predictions(run.config.output_dir, test);
}

Metrics samples_of(const std::vector<DevSet>& sets) {
  Metrics samples;
  for (const DevSet& set : sets) {
    samples["eval_samples" + set.task->metric_suffix] = static_cast<double>(set.examples.size());
  }
  return samples;
}

Metrics GlueRun::write_outputs(const TrainOutcome& outcome) {
  write_all_predictions(*this);
  return write_metrics(outcome, data.train.size(), samples_of(data.dev));
}

}  // namespace

PreparedFinetuning prepare_glue(const FinetuneConfig& config, LoadNotes notes, Communicator& ranks) {
  return std::make_unique<GlueRun>(config, notes, ranks);
}

}  // namespace rpp
