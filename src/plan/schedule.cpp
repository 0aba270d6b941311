#include "plan/schedule.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "rpp/error.h"

namespace rpp {
namespace {

// Steps [begin, end).
struct Phase {
  int64_t begin = 0;
  int64_t end = 0;
};

Phase phase_at(int64_t step, int64_t total_steps, std::span<const int64_t> starts) {
  const auto next = std::upper_bound(starts.begin(), starts.end(), step);
  return {.begin = next == starts.begin() ? 0 : *(next - 1),
          .end = next == starts.end() ? total_steps : *next};
}

int64_t warmup_steps(const ScheduleConfig& schedule, int64_t length) {
  if (schedule.warmup_steps > 0) return schedule.warmup_steps;
  return std::llround(schedule.warmup_ratio * static_cast<double>(length));
}

// progress: 0 where the decay starts, 1 where it ends.
double decay_factor(const ScheduleConfig& schedule, double progress) {
  if (schedule.decay == "constant") return 1.0;
  if (schedule.decay == "cosine") return 0.5 * (1.0 + std::cos(std::numbers::pi * progress));
  return 1.0 - progress;
}

double progress_of(int64_t step, int64_t begin, int64_t end) {
  if (step <= begin) return 0.0;
  return std::min(1.0, static_cast<double>(step - begin) / static_cast<double>(end - begin));
}

}  // namespace

double schedule_factor(const ScheduleConfig& schedule, int64_t step, int64_t total_steps,
                       std::span<const int64_t> phase_starts) {
  const Phase phase = schedule.rewind ? phase_at(step, total_steps, phase_starts) : Phase{0, total_steps};
  const int64_t length = phase.end - phase.begin;
  const int64_t warmup = warmup_steps(schedule, length);
  const int64_t warm = phase.begin + warmup;  // the first step at the full learning rate
  if (step < warm) return static_cast<double>(step - phase.begin + 1) / static_cast<double>(warmup);
  const int64_t constant = std::llround(schedule.decay_begin * static_cast<double>(length));
  return decay_factor(schedule, progress_of(step, std::max(warm, phase.begin + constant), phase.end));
}

void check_warmup(const ScheduleConfig& schedule, int64_t total_steps,
                  std::span<const int64_t> phase_starts) {
  if (schedule.warmup_steps > total_steps) {
    fail_usage(
        "schedule.warmup_steps is {}, but the run has {} steps: set fewer, or schedule.warmup_ratio, or "
        "train "
        "for longer",
        schedule.warmup_steps, total_steps);
  }
  if (!schedule.rewind) return;
  for (const int64_t start : phase_starts) {
    const Phase phase = phase_at(start, total_steps, phase_starts);
    if (schedule.warmup_steps <= phase.end - phase.begin) continue;
    fail_usage(
        "schedule.warmup_steps is {}, but with schedule.rewind the phase from step {} to step {} has {} "
        "steps: set fewer, or schedule.warmup_ratio, which counts by phase",
        schedule.warmup_steps, phase.begin, phase.end, phase.end - phase.begin);
  }
}

}  // namespace rpp
