#include "train/task.h"
#include "ops/torch.h"

#include <algorithm>

namespace rpp {

void StepCounts::add(const PackedBatch& batch) {
  tokens += batch.num_tokens();
  sequences += batch.num_sequences();
  predictions += static_cast<int64_t>(batch.mlm_positions.size() + batch.label_positions.size());
}

int64_t sequences_per_pass(const TrainConfig& config) {
  return config.micro_batch_size > 0 ? std::min(config.micro_batch_size, config.batch_size)
                                     : config.batch_size;
}

TaskLoss backward(TaskLoss loss) {
  loss.loss.backward();
  loss.loss = loss.loss.detach();
  return loss;
}

TaskLoss Task::add_gradients(const PackedBatch& batch, const StepCounts& counts,
                             const ForwardOptions& options) {
  return backward(loss(batch, counts, options));
}

}  // namespace rpp
