// How the labels of a model meet those of a task.
#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

#include "bert_format/model_labels.h"
#include "data/glue.h"

namespace rpp {

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

// `num_rows`: of the model's classifier, 0 without one. Names are compared as they are written; those of an
// official task, which everybody writes in their own way, also without the case and punctuation of words, and
// with the task's label_words. Names that are numbers say nothing where the model is of another task. Throws
// as class_names does.
LabelMatch match_labels(const GlueTask& task, const ModelLabels& model, int64_t num_rows,
                        const std::filesystem::path& model_dir);

}  // namespace rpp
