// How a task uses the classifier that a model already has.
#pragma once

#include <filesystem>
#include <memory>

#include "config/config.h"
#include "data/glue.h"
#include "model/bert.h"
#include "rpp/tokenizer.h"
#include "run_setup.h"

namespace rpp {

// The model with a classifier for the task: its own if config.json names the task's labels, with rows in the
// task's order; its own unchanged, with a warning, if the labels have no names; else a new one. Logs which.
// Throws as load_model and match_labels do.
std::unique_ptr<Bert> load_classifier_model(const std::filesystem::path& dir, const GlueTask& task,
                                            const Tokenizer& tokenizer, const TrainConfig& train,
                                            LoadNotes notes);

// Throws UsageError when the teacher's labels differ from the task's, or are in another order.
void check_teacher_labels(const std::filesystem::path& teacher_dir, const GlueTask& task);

}  // namespace rpp
