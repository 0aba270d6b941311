// Which examples the micro-batches of a step hold.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "rpp/data/glue_features.h"
#include "rpp/train/task.h"

namespace rpp {

// Indices of examples, a list for each micro-batch. Each epoch has its own order; its last batch holds what
// is left.
inline std::vector<std::vector<int64_t>> step_indices(int64_t num_examples, const TrainConfig& config,
                                                      int64_t step) {
  const int64_t steps_per_epoch = (num_examples + config.batch_size - 1) / config.batch_size;
  const auto order = epoch_order(num_examples, static_cast<uint64_t>(config.seed), step / steps_per_epoch);
  const int64_t begin = step % steps_per_epoch * config.batch_size;
  const int64_t end = std::min(begin + config.batch_size, num_examples);
  const int64_t size = sequences_per_pass(config);
  std::vector<std::vector<int64_t>> batches;
  for (int64_t first = begin; first < end; first += size) {
    batches.emplace_back(order.begin() + first, order.begin() + std::min(first + size, end));
  }
  return batches;
}

}  // namespace rpp
