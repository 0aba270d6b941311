// The zip for the GLUE server: one file per task with the test predictions of finished fine-tuning runs.
#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <vector>

namespace rpp {

enum class MissingTasks { refuse, fill };  // fill: the first label, or 2.5, for every row

struct SubmissionFile {
  std::string name;              // "CoLA.tsv"
  std::filesystem::path source;  // predict_results_cola.txt of a run; empty: filled
};

// Writes `output` from the predict_results_TASK.txt of these directories, each file with the columns index
// and prediction, label names as in the official files, STS-B clamped to 0..5. Equal predictions give equal
// bytes. Throws Error when a directory has no such file, two have one for the same task, a file is damaged or
// does not have the official number of rows; and for MissingTasks::refuse when a task is missing, as the
// server accepts only complete zips.
std::vector<SubmissionFile> write_glue_submission(std::span<const std::filesystem::path> runs,
                                                  const std::filesystem::path& output, MissingTasks missing);

}  // namespace rpp
