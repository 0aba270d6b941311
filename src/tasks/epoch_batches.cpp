#include "tasks/epoch_batches.h"

#include <algorithm>

#include "data/glue_features.h"

namespace rpp {

EpochBatches::EpochBatches(int64_t num_examples, const TrainConfig& config)
    : num_examples_(num_examples), config_(config) {}

const std::vector<int64_t>& EpochBatches::order_of(int64_t epoch) const {
  if (epoch != epoch_) order_ = epoch_order(num_examples_, static_cast<uint64_t>(config_.seed), epoch);
  epoch_ = epoch;
  return order_;
}

int64_t EpochBatches::steps_per_epoch() const {
  return (num_examples_ + config_.batch_size - 1) / config_.batch_size;
}

int64_t EpochBatches::first_of(int64_t step) const {
  return step % steps_per_epoch() * config_.batch_size;
}

int64_t EpochBatches::num_samples(int64_t step) const {
  return std::min(config_.batch_size, num_examples_ - first_of(step));
}

std::vector<int64_t> EpochBatches::indices(int64_t step, const Pass& pass) const {
  const std::lock_guard lock(mutex_);
  const auto& order = order_of(step / steps_per_epoch());
  const auto first = order.begin() + first_of(step) + pass.first;
  return {first, first + pass.size};
}

}  // namespace rpp
