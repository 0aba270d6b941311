// What a step did, and the means over the steps since the last log line.
#pragma once

#include <cstdint>

#include "rpp/train/metrics_log.h"

namespace rpp {

struct StepResult {
  bool applied = false;  // false: not finite, skipped
  double learning_rate = 0;
  double grad_norm = 0;
  int64_t tokens = 0;
  Metrics metrics;  // loss and its parts
};

class StepWindow {
 public:
  void add(const StepResult& result, double seconds);

  // Means of loss and parts, learning rate and gradient norm of the last step, tokens per second.
  Metrics means() const;
  // means(), then starts a new window.
  Metrics take();

  // Of all steps added, in all windows.
  double total_seconds() const { return total_seconds_; }
  double tokens_per_second() const;
  double seconds_for(int64_t steps) const;

 private:
  StepResult last_;
  Metrics sums_;
  int64_t num_applied_ = 0;
  int64_t tokens_ = 0;
  double seconds_ = 0;
  int64_t total_steps_ = 0;
  int64_t total_tokens_ = 0;
  double total_seconds_ = 0;
};

}  // namespace rpp
