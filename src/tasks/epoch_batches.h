// Which examples the micro-batches of a step hold.
#pragma once

#include <cstdint>
#include <mutex>
#include <vector>

#include "config/config.h"

namespace rpp {

// Each epoch has its own order; its last batch holds what is left. A function of (seed, step) that remembers
// the order of the last epoch asked for, which takes longer to draw than a step may. May be called from
// several threads.
class EpochBatches {
 public:
  EpochBatches(int64_t num_examples, const TrainConfig& config);

  // Indices of examples, a list for each micro-batch of the step.
  std::vector<std::vector<int64_t>> of_step(int64_t step) const;

 private:
  const std::vector<int64_t>& order_of(int64_t epoch) const;

  int64_t num_examples_;
  TrainConfig config_;
  mutable std::mutex mutex_;  // of what follows
  mutable int64_t epoch_ = -1;
  mutable std::vector<int64_t> order_;  // of epoch_
};

}  // namespace rpp
