// What a step did, and the means over the steps since the last log line.
#pragma once

#include <cstdint>
#include <utility>

#include "runs/metrics_log.h"

namespace rpp {

struct StepResult {
  bool applied = false;  // false: not finite, skipped
  double learning_rate = 0;
  double grad_norm = 0;
  int64_t tokens = 0;
  Metrics metrics;  // loss and its parts
};

// What a checkpoint keeps of a window, so that a line over steps before and after it is that of a run that
// was not interrupted.
struct StepWindowState {
  Metrics sums;
  Metrics last_step;   // learning_rate, grad_norm
  Metrics last_means;  // of the window before
  int64_t num_applied = 0;
  int64_t tokens = 0;
  double seconds = 0;
};

class StepWindow {
 public:
  StepWindow() = default;
  explicit StepWindow(StepWindowState state) : window_(std::move(state)) {}
  const StepWindowState& state() const { return window_; }

  void add(const StepResult& result, double seconds);

  // Means of loss and parts, learning rate and gradient norm of the last step, tokens per second.
  Metrics means() const;
  // means(), then starts a new window.
  Metrics take();
  // What take() returned last; empty before.
  const Metrics& last_means() const { return window_.last_means; }

  // Of all steps added to this object, in all windows.
  double total_seconds() const { return total_seconds_; }
  double tokens_per_second() const;
  double seconds_for(int64_t steps) const;

 private:
  StepWindowState window_;
  int64_t total_steps_ = 0;
  int64_t total_tokens_ = 0;
  double total_seconds_ = 0;
};

}  // namespace rpp
