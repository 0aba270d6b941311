#include "step_window.h"

namespace rpp {
namespace {

double rate(int64_t count, double seconds) {
  return seconds > 0 ? static_cast<double>(count) / seconds : 0;
}

}  // namespace

void StepWindow::add(const StepResult& result, double seconds) {
  window_.last_step = {{"learning_rate", result.learning_rate}, {"grad_norm", result.grad_norm}};
  if (result.applied) {
    for (const auto& [name, value] : result.metrics) window_.sums[name] += value;
    ++window_.num_applied;
  }
  window_.tokens += result.tokens;
  window_.seconds += seconds;
  ++total_steps_;
  total_tokens_ += result.tokens;
  total_seconds_ += seconds;
}

Metrics StepWindow::means() const {
  Metrics metrics = window_.last_step;
  for (const auto& [name, sum] : window_.sums) metrics[name] = sum / static_cast<double>(window_.num_applied);
  metrics["tokens_per_second"] = rate(window_.tokens, window_.seconds);
  return metrics;
}

Metrics StepWindow::take() {
  Metrics metrics = means();
  window_ = {.last_step = window_.last_step, .last_means = metrics};
  return metrics;
}

double StepWindow::tokens_per_second() const {
  return rate(total_tokens_, total_seconds_);
}

double StepWindow::seconds_for(int64_t steps) const {
  return total_steps_ > 0 ? total_seconds_ / static_cast<double>(total_steps_) * static_cast<double>(steps)
                          : 0;
}

}  // namespace rpp
