// What the outputs of a model's classifier mean.
#pragma once

#include <algorithm>
#include <cmath>
#include <span>
#include <string>
#include <vector>

#include "rpp/runtime_model.h"

namespace rpp {

struct Labels {
  std::vector<std::string> names;  // [num_labels]
  bool regression = false;
};

// By config.json. One label alone is a regression, as in transformers, where it does not say. Throws Error
// for other problem types and for names that are not as many as the classifier's rows.
Labels read_labels(const RuntimeModel& model);

// Scores to probabilities, in place.
template <typename Score>
void softmax(std::span<Score> scores) {
  const Score largest = *std::max_element(scores.begin(), scores.end());
  Score sum = 0;
  for (Score& score : scores) sum += score = std::exp(score - largest);
  for (Score& score : scores) score /= sum;
}

}  // namespace rpp
