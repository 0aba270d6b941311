#include "data/custom_task.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <set>

#include "data/model_labels.h"
#include "glue_table.h"
#include "rpp/error.h"

namespace rpp {
namespace {

using std::filesystem::path;
using Names = std::vector<std::string>;

std::optional<int64_t> integer(const std::string& text) {
  int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

void check_label(const std::string& label, const FileLine& where) {
  if (label.empty()) fail("{}:{}: the label is empty: give each row one", where.file, where.line);
  const std::string wrong = labels_complaint({&label, 1});
  if (!wrong.empty()) fail("{}:{}: {}: results are tables of labels", where.file, where.line, wrong);
}

Names find_labels(const CustomTaskConfig& config, std::span<const path> files) {
  const std::string& column = config.label;
  std::set<std::string> found;
  for (const path& file : files) {
    GlueTable table(file, {.names = {column}, .list_column = config.multi_label ? column : ""});
    for (std::vector<std::string> row; table.next(row);) {
      for (const std::string& label :
           config.multi_label ? split_items(row[0], config.label_separator) : row) {
        if (found.insert(label).second) check_label(label, table.where());
      }
    }
  }
  Names labels(found.begin(), found.end());
  if (std::all_of(labels.begin(), labels.end(), integer)) {
    std::ranges::stable_sort(labels, {}, [](const std::string& label) { return *integer(label); });
  }
  if (labels.size() < 2) {
    fail("{}: column '{}' holds {} labels: a classification needs two", fmt::join(files, ", "), column,
         labels.size());
  }
  return labels;
}

void set_metrics(GlueTask& task) {
  if (task.multi_label) {
    task.metrics = {"micro_f1", "macro_f1", "subset_accuracy"};
  } else if (task.regression) {
    task.metrics = {"pearson", "spearman"};
  } else {
    task.metrics = {"accuracy", task.label_names.size() == 2 ? "f1" : "macro_f1"};
  }
}

// Tables of results join the labels of a text by the separator.
void check_separator(const GlueTask& task) {
  for (const std::string& label : task.label_names) {
    if (!task.multi_label || label.find(task.label_separator) == std::string::npos) continue;
    fail_usage("the label '{}' contains custom.label_separator '{}': choose another separator", label,
               task.label_separator);
  }
}

}  // namespace

GlueTask custom_task(const CustomTaskConfig& config, std::span<const path> train_files) {
  GlueTask task{.name = "custom",
                .columns = {config.text, config.text_pair, config.label},
                .label_names = config.labels,
                .regression = config.regression,
                .multi_label = config.multi_label,
                .label_separator = config.label_separator};
  if (!task.regression && task.label_names.empty()) task.label_names = find_labels(config, train_files);
  const std::string wrong = labels_complaint(task.label_names);
  if (!wrong.empty()) fail_usage("custom.labels: {}: results are tables of labels", wrong);
  check_separator(task);
  set_metrics(task);
  return task;
}

GlueTask custom_task_of_run(const path& run_dir) {
  const ModelLabels labels = read_model_labels(run_dir);
  if (labels.task != "custom") {
    fail("{}: config.json is of the task '{}', expected 'custom'", run_dir, labels.task);
  }
  if (labels.problem_type == "multi_label_classification") {
    fail("{}: its texts have several labels each: such predictions are neither scored again nor compared",
         run_dir);
  }
  GlueTask task{.name = "custom", .label_names = labels.names, .regression = labels.regression()};
  if (task.regression) task.label_names.clear();
  set_metrics(task);
  return task;
}

}  // namespace rpp
