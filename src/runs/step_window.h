// The result of a step, and the means over the steps since the last log line.
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

// The state of a window in a checkpoint, so that a resumed run logs the same line as an uninterrupted one.
struct StepWindowState {
  Metrics sums;
  Metrics last_step;   // learning_rate, grad_norm
  Metrics last_means;  // of the previous window
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
  // Returns means() and starts a new window.
  Metrics take();
  // The last result of take(); empty before.
  const Metrics& last_means() const { return window_.last_means; }

  // Over all steps added to this object, in all windows.
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
