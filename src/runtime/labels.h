// The meaning of a classifier's outputs.
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

// From config.json. If unspecified, one label means regression, as in transformers. Throws Error for other
// problem types and when the number of names differs from the classifier's rows.
Labels read_labels(const RuntimeModel& model);

// Converts scores to probabilities, in place.
template <typename Score>
void softmax(std::span<Score> scores) {
  const Score largest = *std::max_element(scores.begin(), scores.end());
  Score sum = 0;
  for (Score& score : scores) sum += score = std::exp(score - largest);
  for (Score& score : scores) score /= sum;
}

}  // namespace rpp
