// The labels that a model directory's config.json names, and how they meet those of a task.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "rpp/data/glue.h"

namespace rpp {

struct ModelLabels {
  std::string task;                // finetuning_task; empty: not said
  std::vector<std::string> names;  // id2label, by class, LABEL_i where it is null; empty: none are named
  std::string problem_type;        // empty: not said

  bool regression() const { return problem_type == "regression"; }
};

// Throws Error naming the file for damaged JSON and for an id2label that does not name classes 0, 1, ...
ModelLabels read_model_labels(const std::filesystem::path& model_dir);

// Of a classifier with so many rows: the model's names, LABEL_0, LABEL_1, ... where none are named. Throws
// Error naming `model_dir` when its config.json names more or fewer.
std::vector<std::string> class_names(const ModelLabels& labels, int64_t num_rows,
                                     const std::filesystem::path& model_dir);

enum class LabelOrder {
  same,
  permuted,  // the task's labels in another order
  unnamed,   // as many as the task's, without names (LABEL_0, ...): taken to be in the task's order
  other,     // those of another task
};

struct LabelMatch {
  LabelOrder order = LabelOrder::other;
  std::vector<int64_t> rows;  // permuted: class i of the task is row rows[i] of the classifier
};

// `num_rows`: of the model's classifier, 0 without one. Names are compared without case and punctuation, and
// with the task's label_words. Names that are numbers say nothing where the model is of another task. Throws
// as class_names does.
LabelMatch match_labels(const GlueTask& task, const ModelLabels& model, int64_t num_rows,
                        const std::filesystem::path& model_dir);

}  // namespace rpp
