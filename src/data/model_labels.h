// Matches the labels of a model with those of a task.
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
  unnamed,   // the right number, without names (LABEL_0, ...): assumed to be in the task's order
  other,     // labels of another task
};

struct LabelMatch {
  LabelOrder order = LabelOrder::other;
  std::vector<int64_t> rows;  // permuted: class i of the task is row rows[i] of the classifier
};

// `num_rows`: of the model's classifier, 0 without one. Names are compared exactly; for official tasks, whose
// names vary in practice, also without case and punctuation, and with the task's label_words. Numeric names
// are ignored if the model is of another task. Throws as class_names does.
LabelMatch match_labels(const GlueTask& task, const ModelLabels& model, int64_t num_rows,
                        const std::filesystem::path& model_dir);

}  // namespace rpp
