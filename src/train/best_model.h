// Decides which evaluation of a run is the best.
#pragma once

#include <string>
#include <vector>

namespace rpp {

// Compares two values of a metric: lower is better for losses, higher for all others; an equal value is not
// better, so the first of equal evaluations wins. Non-finite values are worse than any number.
bool is_better(const std::string& metric, double value, double than);

// Throws UsageError that names the nearest name when `metric` is set and no evaluation computes it.
void check_best_metric(const std::string& metric, const std::vector<std::string>& known);

}  // namespace rpp
