// Predictions of finished fine-tuning runs: eval_predictions_TASK.txt in their output directories
// (docs/formats.md).
#pragma once

#include <filesystem>
#include <span>
#include <string_view>
#include <vector>

#include "data/glue.h"

namespace rpp {

// Class numbers (indices into the task's label_names), or scores.
struct GluePredictions {
  std::vector<double> predictions, labels;  // [examples]
};

// Throws Error with file and line for a damaged row or an invalid label or score; and for a file without the
// label column or without rows.
GluePredictions read_glue_predictions(const GlueTask& task, const std::filesystem::path& file);

// "index<TAB>prediction" rows for a test file, as in predict_results_TASK.txt. Throws Error as above.
std::vector<double> read_glue_answers(const GlueTask& task, const std::filesystem::path& file);

// The task with that name; "custom" is read from config.json beside the predictions. Throws as glue_task and
// custom_task_of_run do.
GlueTask task_of_predictions(std::string_view name, const std::filesystem::path& file);

struct GlueRuns {
  GlueTask task;
  std::vector<double> labels;                    // [examples]
  std::vector<std::vector<double>> predictions;  // [directories][examples]
};

// Runs of one task on the same examples, in the given order; for a model of mnli the matched examples. Throws
// Error when a directory is missing, has no predictions or those of several tasks, and when two runs differ
// in task, number of examples or labels.
GlueRuns load_glue_runs(std::span<const std::filesystem::path> directories);

// Replaces a directory with runs in seed-N, as rpp-finetune --seeds writes, by those runs in ascending order
// of seeds; other directories are kept.
std::vector<std::filesystem::path> expand_seeds(const std::vector<std::filesystem::path>& directories);

}  // namespace rpp
