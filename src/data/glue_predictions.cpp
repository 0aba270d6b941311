#include "rpp/data/glue_predictions.h"

#include "glue_row.h"
#include "rpp/core/error.h"
#include "rpp/core/line_reader.h"

namespace rpp {
namespace {

using std::filesystem::path;

constexpr int64_t kHeaderLines = 1;

double parse_value(const GlueTask& task, std::string_view text, const FileLine& where) {
  return task.regression ? parse_glue_score(text, where) : parse_glue_label(task, text, where);
}

void check_header(LineReader& reader, const path& file) {
  std::string header;
  if (!reader.next(header)) fail("{} is empty", file);
  if (header == "index\tprediction") {
    fail("{}:1: no column 'label': an older rpp-finetune wrote this file; run the fine-tuning again", file);
  }
  if (header != "index\tprediction\tlabel") {
    fail("{}:1: expected the columns index, prediction, label", file);
  }
}

struct TaskFile {
  const GlueTask* task;
  path file;
};

TaskFile find_predictions(const path& directory) {
  if (!std::filesystem::is_directory(directory)) {
    fail("no directory {}: expected the output directory of an rpp-finetune run", directory);
  }
  std::vector<TaskFile> found;
  for (const GlueTask& task : glue_tasks()) {
    const path file = directory / fmt::format("eval_predictions_{}.txt", task.name);
    if (std::filesystem::is_regular_file(file)) found.push_back({&task, file});
  }
  if (found.empty())
    fail("{} has no eval_predictions_TASK.txt: has its rpp-finetune run finished?", directory);
  if (found.size() > 1) {
    fail("{} has predictions of several tasks ({}, {}): keep one run a directory", directory,
         found[0].task->name, found[1].task->name);
  }
  return found.front();
}

void check_same_examples(const TaskFile& first, const GlueRuns& runs, const path& file,
                         const std::vector<double>& labels) {
  if (labels.size() != runs.labels.size()) {
    fail("{} has {} rows, {} has {}: compare runs of the same dev file", file, labels.size(), first.file,
         runs.labels.size());
  }
  for (size_t i = 0; i < labels.size(); ++i) {
    if (labels[i] == runs.labels[i]) continue;
    fail("{}:{}: another label than in {}: compare runs of the same dev file", file, i + 1 + kHeaderLines,
         first.file);
  }
}

}  // namespace

GluePredictions read_glue_predictions(const GlueTask& task, const path& file) {
  LineReader reader(file);
  check_header(reader, file);
  GluePredictions rows;
  for (std::string line; reader.next(line);) {
    const FileLine where{file, reader.line_number()};
    const std::vector<std::string_view> fields = split_tabs(line);
    if (fields.size() != 3) fail("{}:{}: {} columns, expected 3", file, where.line, fields.size());
    if (fields[0] != std::to_string(rows.labels.size())) {
      fail("{}:{}: index '{}', expected {}", file, where.line, fields[0], rows.labels.size());
    }
    rows.predictions.push_back(parse_value(task, fields[1], where));
    rows.labels.push_back(parse_value(task, fields[2], where));
  }
  if (rows.labels.empty()) fail("{} has a header but no rows", file);
  return rows;
}

GlueRuns load_glue_runs(std::span<const path> directories) {
  RPP_CHECK(!directories.empty(), "no directory of a run given");
  const TaskFile first = find_predictions(directories.front());
  GlueRuns runs{.task = first.task};
  for (const path& directory : directories) {
    const auto [task, file] = find_predictions(directory);
    if (task != runs.task) {
      fail("{} is a run of {}, {} of {}: compare runs of one task", directory, task->name,
           directories.front(), runs.task->name);
    }
    GluePredictions rows = read_glue_predictions(*task, file);
    if (runs.predictions.empty()) runs.labels = rows.labels;
    check_same_examples(first, runs, file, rows.labels);
    runs.predictions.push_back(std::move(rows.predictions));
  }
  return runs;
}

}  // namespace rpp
