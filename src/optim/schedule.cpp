#include "rpp/optim/schedule.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace rpp {
namespace {

int64_t warmup_steps(const ScheduleConfig& schedule, int64_t total_steps) {
  if (schedule.warmup_steps > 0) return schedule.warmup_steps;
  return std::llround(schedule.warmup_ratio * static_cast<double>(total_steps));
}

}  // namespace

double schedule_factor(const ScheduleConfig& schedule, int64_t step, int64_t total_steps) {
  const int64_t warmup = warmup_steps(schedule, total_steps);
  if (step < warmup) return static_cast<double>(step + 1) / static_cast<double>(warmup);
  if (schedule.decay == "constant") return 1.0;
  const auto length = static_cast<double>(std::max<int64_t>(1, total_steps - warmup));
  const double progress = std::min(1.0, static_cast<double>(step - warmup) / length);  // of the decay
  if (schedule.decay == "cosine") return 0.5 * (1.0 + std::cos(std::numbers::pi * progress));
  return 1.0 - progress;
}

}  // namespace rpp
