// Scores of texts that have any number of labels, as scikit-learn computes them.
#pragma once

#include <cstdint>
#include <span>

namespace rpp {

struct MultiLabelScores {
  double micro_f1 = 0;         // of all decisions, for each text and label
  double macro_f1 = 0;         // mean over the labels; 0 for one that is neither predicted nor present
  double subset_accuracy = 0;  // texts whose labels are all right, and no others predicted
};

// f1_score with average "micro" and "macro" and zero_division 0, and accuracy_score. Both spans are
// [texts * num_labels] of 0 and 1. Throws Error when they differ in size, are empty or not of whole texts.
MultiLabelScores multi_label_scores(std::span<const uint8_t> predictions, std::span<const uint8_t> labels,
                                    int64_t num_labels);

}  // namespace rpp
