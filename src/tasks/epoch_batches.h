// The examples of a step.
#pragma once

#include <cstdint>
#include <mutex>
#include <vector>

#include "config/config.h"
#include "train/passes.h"

namespace rpp {

// Each epoch has its own order; its last batch may be partial. A function of (seed, step) that caches the
// order of the last epoch, as drawing it takes longer than a step may. Thread-safe.
class EpochBatches {
 public:
  EpochBatches(int64_t num_examples, const TrainConfig& config);

  int64_t num_samples(int64_t step) const;

  // Indices of these examples of the step.
  std::vector<int64_t> indices(int64_t step, const Pass& pass) const;

 private:
  const std::vector<int64_t>& order_of(int64_t epoch) const;
  int64_t steps_per_epoch() const;
  int64_t first_of(int64_t step) const;  // in the order of its epoch

  int64_t num_examples_;
  TrainConfig config_;
  mutable std::mutex mutex_;  // protects the members below
  mutable int64_t epoch_ = -1;
  mutable std::vector<int64_t> order_;  // of epoch_
};

}  // namespace rpp
