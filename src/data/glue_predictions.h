// What finished fine-tuning runs predicted: eval_predictions_TASK.txt of their output directories
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

// Throws Error with file and line for a damaged row, a label or a score that is none; and for a file without
// the label column or without rows.
GluePredictions read_glue_predictions(const GlueTask& task, const std::filesystem::path& file);

// "index<TAB>prediction" of a test file: what predict_results_TASK.txt holds. Throws Error as above.
std::vector<double> read_glue_answers(const GlueTask& task, const std::filesystem::path& file);

// The task of that name; "custom" is what config.json beside the predictions tells. Throws as glue_task and
// custom_task_of_run do.
GlueTask task_of_predictions(std::string_view name, const std::filesystem::path& file);

struct GlueRuns {
  GlueTask task;
  std::vector<double> labels;                    // [examples]
  std::vector<std::vector<double>> predictions;  // [directories] of [examples]
};

// Runs of one task on the same examples, in the order given; of a model of mnli the matched ones. Throws
// Error when a directory is missing, holds no predictions or those of several tasks, and when two differ in
// task, number of examples or labels.
GlueRuns load_glue_runs(std::span<const std::filesystem::path> directories);

// A directory with runs in seed-N, as rpp-finetune --seeds leaves it, stands for them, by ascending seed;
// others stay.
std::vector<std::filesystem::path> expand_seeds(const std::vector<std::filesystem::path>& directories);

}  // namespace rpp
