#include "classifier.h"

#include <algorithm>

#include "bert_format/tensor_names.h"
#include "data/model_labels.h"
#include "model/heads_of.h"
#include "ops/torch.h"
#include "program/log.h"
#include "rpp/error.h"
#include "run_setup.h"

namespace rpp {
namespace {

namespace fs = std::filesystem;

void permute_rows(Bert& model, const std::vector<int64_t>& rows) {
  const torch::NoGradGuard no_grad;
  const auto index = torch::tensor(rows, torch::kInt64).to(model.device());
  for (const auto& weight : model.named_weights()) {
    if (part_of(weight.name) != ModelPart::classifier) continue;
    weight.tensor.copy_(weight.tensor.index_select(0, index));
  }
}

std::string names_of(const GlueTask& task) {
  return task.regression ? "a score" : fmt::format("{}", fmt::join(task.label_names, ", "));
}

std::string names_of(const ModelLabels& labels, int64_t num_rows) {
  if (labels.names.empty()) return fmt::format("{} without names", num_rows);
  return fmt::format("{}", fmt::join(labels.names, ", "));
}

void log_match(const fs::path& dir, const GlueTask& task, LabelOrder order, const std::string& brought) {
  if (order == LabelOrder::other) {
    log::info("{}: its classifier has other labels ({}): initialising a new classifier head for {} ({})",
              dir.string(), brought, task.name, names_of(task));
  }
  if (order == LabelOrder::permuted) {
    log::info("{}: reordered the rows of its classifier ({}) to those of {} ({})", dir.string(), brought,
              task.name, names_of(task));
  }
  if (order == LabelOrder::unnamed) {
    log::warn(
        "{}: config.json does not name the labels of its classifier: assuming those of {} "
        "in this order: {}",
        dir.string(), task.name, names_of(task));
  }
}

// `num_rows`: of the classifier of this kind in the directory.
std::unique_ptr<Bert> load_with_labels(const fs::path& dir, const HeadSpec& heads, int64_t num_rows,
                                       const GlueTask& task, const Tokenizer& tokenizer,
                                       const TrainConfig& train, LoadNotes notes) {
  if (num_rows == 0) {
    if (notes == LoadNotes::log) {
      log::info("{} has no classifier of {}: initialising a new classifier head for {} ({})", dir.string(),
                heads.num_token_labels > 0 ? "tokens" : "texts", task.name, names_of(task));
    }
    return load_model(dir, heads, tokenizer, train, notes, {.classifier = false});
  }

  const ModelLabels labels = read_model_labels(dir);
  const LabelMatch match = match_labels(task, labels, num_rows, dir);
  if (notes == LoadNotes::log) log_match(dir, task, match.order, names_of(labels, num_rows));
  auto model =
      load_model(dir, heads, tokenizer, train, notes, {.classifier = match.order != LabelOrder::other});
  if (match.order == LabelOrder::permuted) permute_rows(*model, match.rows);
  return model;
}

}  // namespace

GlueTask task_of_tags(std::span<const std::string> labels) {
  return {.name = "custom", .label_names = {labels.begin(), labels.end()}};
}

std::unique_ptr<Bert> load_classifier_model(const fs::path& dir, const GlueTask& task,
                                            const Tokenizer& tokenizer, const TrainConfig& train,
                                            LoadNotes notes) {
  return load_with_labels(dir, {.num_labels = task.num_labels()}, heads_of(dir).num_labels, task, tokenizer,
                          train, notes);
}

std::unique_ptr<Bert> load_token_classifier(const fs::path& dir, std::span<const std::string> labels,
                                            const Tokenizer& tokenizer, const TrainConfig& train,
                                            LoadNotes notes) {
  const HeadSpec heads{.pooler = false, .num_token_labels = static_cast<int64_t>(labels.size())};
  return load_with_labels(dir, heads, heads_of(dir).num_token_labels, task_of_tags(labels), tokenizer, train,
                          notes);
}

void check_teacher_labels(const fs::path& teacher_dir, const GlueTask& task) {
  const ModelLabels labels = read_model_labels(teacher_dir);
  const HeadSpec heads = heads_of(teacher_dir);
  const int64_t num_rows = std::max(heads.num_labels, heads.num_token_labels);
  const LabelOrder order = match_labels(task, labels, num_rows, teacher_dir).order;
  if (order == LabelOrder::same || order == LabelOrder::unnamed) return;
  fail_usage("distill.teacher {} has the labels ({}), {} has ({}): fine-tune a dense model on the task first",
             teacher_dir, names_of(labels, num_rows), task.name, names_of(task));
}

}  // namespace rpp
