// The forward passes of a step on this rank.
#pragma once

#include <cstdint>
#include <vector>

#include "config/config.h"
#include "data/batch.h"
#include "dist/communicator.h"
#include "train/task.h"

namespace rpp {

// Passes whose gradients are added by the backward pass, one after the other.
struct BatchPart {
  std::vector<PackedBatch> batches;
  int64_t first_number = 0;  // of batches[0] among those of all ranks, which selects its dropout
};

struct StepBatches {
  std::vector<BatchPart> parts;
};

// One part, this rank's share of the samples; with dist.deterministic its share of dist.virtual_ranks parts.
// Batches have at most train.micro_batch_size samples; a part has none if there are fewer samples than parts.
StepBatches make_step_batches(const Task& task, int64_t step, const TrainConfig& train,
                              const DistConfig& dist, const Communicator& ranks);

}  // namespace rpp
