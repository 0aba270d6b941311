// Counts, metrics and flags of a step or an evaluation, over all ranks.
#pragma once

#include "dist/communicator.h"
#include "runs/metrics_log.h"
#include "train/task.h"
#include "train/tensors.h"

namespace rpp {

StepCounts sum_over_ranks(Communicator& ranks, const StepCounts& counts);

// The sum of the scalars of each name. They are added one by one, those of rank 0 first: if the ranks divide
// the passes of one process among them, the sums have the same bits as its sums. A rank may have no scalars.
Metrics sum_over_ranks(Communicator& ranks, const NamedTensors& scalars);

// Those of rank 0 on every rank, so that all decide alike.
Metrics of_first_rank(Communicator& ranks, const Metrics& metrics);

// Whether the flag is set on any rank.
bool any_rank(Communicator& ranks, bool flag);

}  // namespace rpp
