// Which evaluation of a run is its best one.
#pragma once

#include <string>
#include <vector>

namespace rpp {

// Of two values of a metric: losses are better when they are lower, all else when higher, and an equal value
// is not better: of equal evaluations the first counts. What is not finite is worse than any number.
bool is_better(const std::string& metric, double value, double than);

// Throws UsageError that names the nearest when `metric` is set and no evaluation gives it.
void check_best_metric(const std::string& metric, const std::vector<std::string>& known);

}  // namespace rpp
