#include "rpp/train/task.h"

namespace rpp {

void StepCounts::add(const PackedBatch& batch) {
  tokens += batch.num_tokens();
  sequences += batch.num_sequences();
  predictions += static_cast<int64_t>(batch.mlm_positions.size());
}

}  // namespace rpp
