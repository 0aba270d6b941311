#include "tasks/epoch_batches.h"

#include <algorithm>

#include "data/glue_features.h"
#include "train/task.h"

namespace rpp {

EpochBatches::EpochBatches(int64_t num_examples, const TrainConfig& config)
    : num_examples_(num_examples), config_(config) {}

const std::vector<int64_t>& EpochBatches::order_of(int64_t epoch) const {
  if (epoch != epoch_) order_ = epoch_order(num_examples_, static_cast<uint64_t>(config_.seed), epoch);
  epoch_ = epoch;
  return order_;
}

std::vector<std::vector<int64_t>> EpochBatches::of_step(int64_t step) const {
  const std::lock_guard lock(mutex_);
  const int64_t steps_per_epoch = (num_examples_ + config_.batch_size - 1) / config_.batch_size;
  const auto& order = order_of(step / steps_per_epoch);
  const int64_t begin = step % steps_per_epoch * config_.batch_size;
  const int64_t end = std::min(begin + config_.batch_size, num_examples_);
  const int64_t size = sequences_per_pass(config_);
  std::vector<std::vector<int64_t>> batches;
  for (int64_t first = begin; first < end; first += size) {
    batches.emplace_back(order.begin() + first, order.begin() + std::min(first + size, end));
  }
  return batches;
}

}  // namespace rpp
