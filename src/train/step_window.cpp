#include "step_window.h"

namespace rpp {
namespace {

double rate(int64_t count, double seconds) {
  return seconds > 0 ? static_cast<double>(count) / seconds : 0;
}

}  // namespace

void StepWindow::add(const StepResult& result, double seconds) {
  last_ = result;
  if (result.applied) {
    for (const auto& [name, value] : result.metrics) sums_[name] += value;
    ++num_applied_;
  }
  tokens_ += result.tokens;
  seconds_ += seconds;
  ++total_steps_;
  total_tokens_ += result.tokens;
  total_seconds_ += seconds;
}

Metrics StepWindow::means() const {
  Metrics metrics;
  for (const auto& [name, sum] : sums_) metrics[name] = sum / static_cast<double>(num_applied_);
  metrics["learning_rate"] = last_.learning_rate;
  metrics["grad_norm"] = last_.grad_norm;
  metrics["tokens_per_second"] = rate(tokens_, seconds_);
  return metrics;
}

Metrics StepWindow::take() {
  Metrics metrics = means();
  sums_.clear();
  num_applied_ = 0;
  tokens_ = 0;
  seconds_ = 0;
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
