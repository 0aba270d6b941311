// The learning rate over a run as a factor of optimizer.learning_rate.
#pragma once

#include <cstdint>

#include "rpp/config/config.h"

namespace rpp {

// Linear warm-up, then the decay of schedule.decay: linear and cosine end at 0 after the last step, constant
// stays at 1. step counts from 0; the first step of a warm-up already moves (factor 1 / warm-up steps).
double schedule_factor(const ScheduleConfig& schedule, int64_t step, int64_t total_steps);

}  // namespace rpp
