// Counts, metrics and flags of a step or an evaluation, over all ranks. With one rank they stay as they are.
#pragma once

#include "dist/communicator.h"
#include "runs/metrics_log.h"
#include "train/task.h"

namespace rpp {

StepCounts sum_over_ranks(Communicator& ranks, const StepCounts& counts);

// All ranks must have the same names.
Metrics sum_over_ranks(Communicator& ranks, Metrics metrics);

// Whether the flag is set on any rank.
bool any_rank(Communicator& ranks, bool flag);

}  // namespace rpp
