// The learning rate over a run as a factor of optimizer.learning_rate.
#pragma once

#include <cstdint>
#include <span>

#include "rpp/prune_config.h"

namespace rpp {

// Linear warmup, then 1 until schedule.decay_begin, then the decay of schedule.decay: linear and cosine end
// at 0 after the last step, constant stays at 1. step counts from 0; the first step of a warmup has the
// factor 1 / warmup steps, not 0. Without schedule.rewind the curve depends on the number of steps alone, not
// on the pruning method.
//
// phase_starts: the first steps of the phases of a run, ascending, starting with 0 (plan/plan.h). With
// schedule.rewind the whole curve restarts in every phase, the learning-rate rewinding of Renda et al.
// (arXiv:2003.02389).
double schedule_factor(const ScheduleConfig& schedule, int64_t step, int64_t total_steps,
                       std::span<const int64_t> phase_starts = {});

// Throws UsageError when the warmup is longer than the run or, with schedule.rewind, than one of its
// phases: the learning rate would never reach optimizer.learning_rate there.
void check_warmup(const ScheduleConfig& schedule, int64_t total_steps, std::span<const int64_t> phase_starts);

}  // namespace rpp
