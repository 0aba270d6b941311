// What becomes of the classifier that a model brings to a task.
#pragma once

#include <filesystem>
#include <memory>

#include "config/config.h"
#include "data/glue.h"
#include "model/bert.h"
#include "rpp/tokenizer.h"
#include "run_setup.h"

namespace rpp {

// The model with a classifier for the task: its own where config.json names the task's labels, the rows put
// into the task's order; its own as it is, with a warning, where the labels have no names; else a new one.
// The log says which. Throws as load_model and match_labels do.
std::unique_ptr<Bert> load_classifier_model(const std::filesystem::path& dir, const GlueTask& task,
                                            const Tokenizer& tokenizer, const TrainConfig& train,
                                            LoadNotes notes);

// Throws UsageError when the teacher's logits are of other labels than the task's, or of these in another
// order.
void check_teacher_labels(const std::filesystem::path& teacher_dir, const GlueTask& task);

}  // namespace rpp
