#include "data/glue_predictions.h"

#include <charconv>
#include <map>
#include <optional>

#include "data/custom_task.h"
#include "glue_row.h"
#include "program/line_reader.h"
#include "rpp/error.h"

namespace rpp {
namespace {

using std::filesystem::path;

constexpr int64_t kHeaderLines = 1;
constexpr std::string_view kWithLabels = "index\tprediction\tlabel";
constexpr std::string_view kWithoutLabels = "index\tprediction";

void check_header(std::string_view header, std::string_view expected, const path& file) {
  if (header == expected) return;
  if (header == kWithoutLabels) {
    fail(
        "{}:1: no column 'label': predictions of a test file have none; an older rpp-finetune wrote none "
        "for the dev set either: run the fine-tuning again",
        file);
  }
  fail("{}:1: expected the columns {}", file,
       expected == kWithLabels ? "index, prediction, label" : "index, prediction");
}

// The values after the index, by column: [columns][rows].
std::vector<std::vector<double>> read_columns(const GlueTask& task, const path& file,
                                              std::string_view expected_header) {
  LineReader reader(file);
  std::string line;
  if (!reader.next(line)) fail("{} is empty", file);
  check_header(line, expected_header, file);
  const GlueLabels labels(task);
  const auto value_of = [&](std::string_view text, const FileLine& where) -> double {
    return task.regression ? parse_glue_score(text, where) : labels.parse(text, where);
  };
  const size_t num_fields = split_tabs(expected_header).size();
  std::vector<std::vector<double>> columns(num_fields - 1);
  while (reader.next(line)) {
    const FileLine where{file, reader.line_number()};
    const std::vector<std::string_view> fields = split_tabs(line);
    if (fields.size() != num_fields) {
      fail("{}:{}: {} columns, expected {}", file, where.line, fields.size(), num_fields);
    }
    if (fields[0] != std::to_string(columns[0].size())) {
      fail("{}:{}: index '{}', expected {}", file, where.line, fields[0], columns[0].size());
    }
    for (size_t i = 1; i < num_fields; ++i) columns[i - 1].push_back(value_of(fields[i], where));
  }
  if (columns[0].empty()) fail("{} has a header but no rows", file);
  return columns;
}

struct TaskFile {
  std::string task;
  path file;
};

TaskFile find_predictions(const path& directory) {
  if (!std::filesystem::is_directory(directory)) {
    fail("no directory {}: expected the output directory of an rpp-finetune run", directory);
  }
  std::vector<std::string> names = {"custom"};
  for (const GlueTask& task : glue_tasks()) {
    if (task.model_of.empty()) names.push_back(task.name);
  }
  std::vector<TaskFile> found;
  for (const std::string& name : names) {
    const path file = directory / fmt::format("eval_predictions_{}.txt", name);
    if (std::filesystem::is_regular_file(file)) found.push_back({name, file});
  }
  if (found.empty())
    fail("{} has no eval_predictions_TASK.txt: has its rpp-finetune run finished?", directory);
  if (found.size() > 1) {
    fail("{} has predictions of several tasks ({}, {}): keep one run a directory", directory, found[0].task,
         found[1].task);
  }
  return found.front();
}

// Custom tasks have the same name but different labels.
void check_same_task(const GlueRuns& runs, const GlueTask& task, const path& first, const path& directory) {
  if (task.name != runs.task.name) {
    fail("{} is a run of {}, {} of {}: compare runs of one task", directory, task.name, first,
         runs.task.name);
  }
  if (task.label_names != runs.task.label_names || task.regression != runs.task.regression) {
    fail("{} has the labels ({}), {} has ({}): compare runs of one task", directory,
         fmt::join(task.label_names, ", "), first, fmt::join(runs.task.label_names, ", "));
  }
}

void check_same_examples(const path& first, const GlueRuns& runs, const path& file,
                         const std::vector<double>& labels) {
  if (labels.size() != runs.labels.size()) {
    fail("{} has {} rows, {} has {}: compare runs of the same dev file", file, labels.size(), first,
         runs.labels.size());
  }
  for (size_t i = 0; i < labels.size(); ++i) {
    if (labels[i] == runs.labels[i]) continue;
    fail("{}:{}: another label than in {}: compare runs of the same dev file", file, i + 1 + kHeaderLines,
         first);
  }
}

// The number of "seed-3".
std::optional<int64_t> seed_of(const std::string& name) {
  constexpr std::string_view kPrefix = "seed-";
  if (!name.starts_with(kPrefix)) return std::nullopt;
  int64_t seed = 0;
  const char* last = name.data() + name.size();
  const auto [end, error] = std::from_chars(name.data() + kPrefix.size(), last, seed);
  if (error != std::errc() || end != last) return std::nullopt;
  return seed;
}

}  // namespace

GluePredictions read_glue_predictions(const GlueTask& task, const path& file) {
  auto columns = read_columns(task, file, kWithLabels);
  return {.predictions = std::move(columns[0]), .labels = std::move(columns[1])};
}

std::vector<double> read_glue_answers(const GlueTask& task, const path& file) {
  return read_columns(task, file, kWithoutLabels).front();
}

GlueTask task_of_predictions(std::string_view name, const path& file) {
  return name == "custom" ? custom_task_of_run(file.parent_path()) : glue_task(name);
}

GlueRuns load_glue_runs(std::span<const path> directories) {
  RPP_CHECK(!directories.empty(), "no directory of a run given");
  const TaskFile first = find_predictions(directories.front());
  GlueRuns runs{.task = task_of_predictions(first.task, first.file), .labels = {}, .predictions = {}};
  for (const path& directory : directories) {
    const auto [name, file] = find_predictions(directory);
    const GlueTask task = task_of_predictions(name, file);
    check_same_task(runs, task, directories.front(), directory);
    GluePredictions rows = read_glue_predictions(task, file);
    if (runs.predictions.empty()) runs.labels = rows.labels;
    check_same_examples(first.file, runs, file, rows.labels);
    runs.predictions.push_back(std::move(rows.predictions));
  }
  return runs;
}

std::vector<path> expand_seeds(const std::vector<path>& directories) {
  std::vector<path> expanded;
  for (const path& directory : directories) {
    std::map<int64_t, path> seeds;
    if (std::filesystem::is_directory(directory)) {
      for (const auto& entry : std::filesystem::directory_iterator(directory)) {
        const auto seed = seed_of(entry.path().filename().string());
        if (seed && entry.is_directory()) seeds[*seed] = entry.path();
      }
    }
    if (seeds.empty()) expanded.push_back(directory);
    for (const auto& [seed, run] : seeds) expanded.push_back(run);
  }
  return expanded;
}

}  // namespace rpp
