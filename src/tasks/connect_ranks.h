// The ranks of a run, and what they require of its settings.
#pragma once

#include <memory>

#include "config/config.h"
#include "dist/communicator.h"
#include "model/bert.h"

namespace rpp {

// Meets the ranks that the launcher of this process has started; all but the first log errors only. Throws as
// rank_place and connect do.
std::unique_ptr<Communicator> connect_ranks(const DistConfig& dist);

// Throws UsageError when there are more ranks than sequences in a batch, they do not divide the virtual ranks
// of dist.deterministic, or they do not compute on CPUs.
void check_ranks(const Communicator& ranks, const Bert& model, const TrainConfig& train,
                 const DistConfig& dist);

}  // namespace rpp
