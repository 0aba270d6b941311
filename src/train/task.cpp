#include "rpp/train/task.h"

#include <algorithm>

namespace rpp {

void StepCounts::add(const PackedBatch& batch) {
  tokens += batch.num_tokens();
  sequences += batch.num_sequences();
  predictions += static_cast<int64_t>(batch.mlm_positions.size());
}

int64_t sequences_per_pass(const TrainConfig& config) {
  return config.micro_batch_size > 0 ? std::min(config.micro_batch_size, config.batch_size)
                                     : config.batch_size;
}

}  // namespace rpp
