#include "data/glue_submission.h"

#include <algorithm>
#include <map>

#include "core/atomic_file.h"
#include "data/glue_predictions.h"
#include "rpp/error.h"
#include "zip_file.h"

namespace rpp {
namespace {

using std::filesystem::path;

constexpr double kMaxScore = 5;     // of STS-B
constexpr double kFillScore = 2.5;  // half of the maximum

std::map<std::string, path> find_answers(std::span<const path> runs) {
  std::map<std::string, path> files;  // by task name
  for (const path& run : runs) {
    const size_t before = files.size();
    for (const GlueTask& task : glue_tasks()) {
      const path file = run / fmt::format("predict_results_{}.txt", task.name);
      if (!std::filesystem::is_regular_file(file)) continue;
      const auto [place, is_new] = files.emplace(task.name, file);
      if (!is_new) fail("{} and {} are both of {}: choose one", place->second, file, task.name);
    }
    if (files.size() == before) {
      fail("{} has no predict_results_TASK.txt: rpp-finetune writes it when the data has a test file", run);
    }
  }
  return files;
}

void check_complete(const std::map<std::string, path>& files) {
  std::vector<std::string> missing;
  for (const GlueTask& task : glue_tasks()) {
    if (!files.contains(task.name)) missing.push_back(task.name);
  }
  if (missing.empty()) return;
  fail(
      "no run has answered the test files of {}: the GLUE server takes complete submissions only; "
      "--fill-missing gives these a constant",
      fmt::join(missing, ", "));
}

std::vector<double> answers_of(const GlueTask& task, const path& file) {
  std::vector<double> answers = read_glue_answers(task, file);
  if (static_cast<int64_t>(answers.size()) != task.num_test_rows) {
    fail("{} has {} rows, the official test file of {} has {}", file, answers.size(), task.name,
         task.num_test_rows);
  }
  return answers;
}

std::vector<double> constant_of(const GlueTask& task) {
  return std::vector<double>(static_cast<size_t>(task.num_test_rows), task.regression ? kFillScore : 0);
}

std::string table_of(const GlueTask& task, const std::vector<double>& answers) {
  std::string text = "index\tprediction\n";
  for (size_t i = 0; i < answers.size(); ++i) {
    const double answer = answers[i];
    text += task.regression ? fmt::format("{}\t{:.3f}\n", i, std::clamp(answer, 0.0, kMaxScore))
                            : fmt::format("{}\t{}\n", i, task.label_names[static_cast<size_t>(answer)]);
  }
  return text;
}

}  // namespace

std::vector<SubmissionFile> write_glue_submission(std::span<const path> runs, const path& output,
                                                  MissingTasks missing) {
  const auto files = find_answers(runs);
  if (missing == MissingTasks::refuse) check_complete(files);
  std::vector<SubmissionFile> written;
  std::vector<std::pair<std::string, std::string>> entries;
  for (const GlueTask& task : glue_tasks()) {
    const auto file = files.find(task.name);
    const bool found = file != files.end();
    const auto answers = found ? answers_of(task, file->second) : constant_of(task);
    entries.emplace_back(task.submission_file, table_of(task, answers));
    written.push_back({task.submission_file, found ? file->second : path()});
  }
  write_file_atomically(output, zip_of(entries));
  return written;
}

}  // namespace rpp
