// The meaning of a classifier's outputs.
#pragma once

#include <algorithm>
#include <cmath>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "rpp/runtime_model.h"

namespace rpp {

// From logits to scores. softmax: the labels exclude each other; sigmoid: each has its own probability; none:
// the score of a regression, or what a cross-encoder was trained to give.
enum class ScoreFunction { none, sigmoid, softmax };

struct Labels {
  std::vector<std::string> names;  // [num_labels]
  ScoreFunction function = ScoreFunction::softmax;
};

// The labels and their scores for the logits of one text, best first; of equal ones the first label comes
// first, as in argmax.
std::vector<std::pair<std::string, double>> scores_of(const Labels& labels, std::span<const float> logits);

// From config.json: an activation that sentence-transformers names (Identity or Sigmoid), else by
// problem_type and number of labels as TextClassificationPipeline of transformers: none for a regression,
// sigmoid for multi_label_classification and for one label, softmax for more. Throws Error for other
// activations and problem types, for a regression of several outputs, and when the number of names differs
// from the classifier's rows.
Labels read_labels(const RuntimeModel& model);

// Throws Error unless the model scores pairs by one number: a classifier with one label.
void check_ranks(const RuntimeModel& model);

// Converts logits to probabilities, in place.
template <typename Score>
void softmax(std::span<Score> scores) {
  const Score largest = *std::max_element(scores.begin(), scores.end());
  Score sum = 0;
  for (Score& score : scores) sum += score = std::exp(score - largest);
  for (Score& score : scores) score /= sum;
}

// In place, for the logits of one text.
template <typename Score>
void apply(ScoreFunction function, std::span<Score> scores) {
  if (function == ScoreFunction::softmax) softmax(scores);
  if (function != ScoreFunction::sigmoid) return;
  for (Score& score : scores) score = 1 / (1 + std::exp(-score));
}

}  // namespace rpp
