// A task of one's own: the same as a GLUE task, with columns and labels from the configuration.
//
// Metrics: two labels have accuracy and the F1 of the second, more have accuracy and macro_f1, a regression
// has the correlations of Pearson and Spearman.
#pragma once

#include <filesystem>
#include <span>

#include "config/config.h"
#include "data/glue.h"

namespace rpp {

// Without config.labels they are those in the training files: integers by value, else in the order of their
// bytes. Throws Error for a missing column, a label that is empty or holds a control character, one that
// config.labels has twice, and for fewer than two labels.
GlueTask custom_task(const CustomTaskConfig& config, std::span<const std::filesystem::path> train_files);

// The task of a finished run, as its config.json tells it; without columns. Throws Error when that is none of
// a custom task.
GlueTask custom_task_of_run(const std::filesystem::path& run_dir);

}  // namespace rpp
