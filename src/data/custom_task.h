// A user-defined task: like a GLUE task, with columns and labels from the configuration.
//
// Metrics: accuracy and the F1 of the second label for two labels, accuracy and macro_f1 for more, Pearson
// and Spearman correlations for regression, micro and macro F1 and subset accuracy for multi_label.
#pragma once

#include <filesystem>
#include <span>

#include "config/config.h"
#include "data/glue.h"

namespace rpp {

// Without config.labels the labels are collected from the training files: integers sorted by value, others by
// bytes. Throws Error for a missing column, a label that is empty or contains a control character, a
// duplicate in config.labels, fewer than two labels, and one that contains the label_separator of
// multi_label.
GlueTask custom_task(const CustomTaskConfig& config, std::span<const std::filesystem::path> train_files);

// The task of a finished run, from its config.json; without columns. Throws Error when the run was not of a
// custom task, or of one with several labels for a text.
GlueTask custom_task_of_run(const std::filesystem::path& run_dir);

}  // namespace rpp
