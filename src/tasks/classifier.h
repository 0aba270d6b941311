// How a task uses the classifier that a model already has.
#pragma once

#include <filesystem>
#include <memory>
#include <span>
#include <string>

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

// The same for a classifier of tokens: a model without pooler.
std::unique_ptr<Bert> load_token_classifier(const std::filesystem::path& dir,
                                            std::span<const std::string> labels, const Tokenizer& tokenizer,
                                            const TrainConfig& train, LoadNotes notes);

// The labels of tags as a task, for comparison with a teacher's.
GlueTask task_of_tags(std::span<const std::string> labels);

// Throws UsageError when the teacher's labels differ from the task's, or are in another order.
void check_teacher_labels(const std::filesystem::path& teacher_dir, const GlueTask& task);

}  // namespace rpp
