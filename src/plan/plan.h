// When a run prunes: rounds, stages, ramps, and the phases in which the learning rate may restart. Without
// Torch.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "rpp/prune_config.h"

namespace rpp {

// rpp: the first step of each round, ascending, starting with 0. Throws UsageError when the rounds do not fit
// into the steps before recovery.
std::vector<int64_t> round_starts(const PruneConfig& config, int64_t total_steps);

// prune.recovery_share, or that of the method where it is negative.
double recovery_share(const PruneConfig& config);

// The first step that trains with the mask fixed; total_steps if there is none. Not for one_shot. Throws
// UsageError when the recovery leaves no step to prune in.
int64_t recovery_start(const PruneConfig& config, int64_t total_steps);

// Before `step`, `share` of the target ratio has been pruned. A step equal to the run's length means after
// the last one.
struct MaskUpdate {
  int64_t step = 0;
  double share = 0;  // in (0, 1]
};

// nip, gradual, one_shot, movement and soft_movement (for the steps only); ascending, the last share is 1.
//   nip: stage s of S at step (s - 1) / S of the run, share s / S. Where that leaves the last stage less than
//   the recovery, the stages lie closer, evenly: the last one starts with the recovery. gradual: the cubic
//   schedule of Zhu & Gupta (arXiv:1710.01878), 1 - (1 - t)^3, from ramp_begin to the recovery.
// Throws UsageError when the updates do not fit into the steps.
std::vector<MaskUpdate> mask_updates(const PruneConfig& config, int64_t total_steps);

// The first steps of the phases, ascending, starting with 0: pruning and recovery for rpp, the stages of nip,
// the ramp and the rest for gradual and movement, before and after the pruning for one_shot, else one phase.
std::vector<int64_t> phase_starts(const PruneConfig& config, int64_t total_steps);

// The last step before which the mask changes: 0 if it never does, the length of the run if it changes up to
// the end.
int64_t last_mask_change(const PruneConfig& config, int64_t total_steps);

// "rpp: 12 rounds over 210 steps, then 90 steps of recovery; ...", for --check.
std::string describe_plan(const PruneConfig& config, int64_t total_steps);

}  // namespace rpp
