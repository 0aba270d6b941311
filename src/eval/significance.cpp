#include "eval/significance.h"

#include <algorithm>
#include <boost/math/distributions/binomial.hpp>
#include <boost/math/distributions/normal.hpp>
#include <boost/math/distributions/students_t.hpp>
#include <cmath>
#include <numeric>

#include "rpp/error.h"

namespace rpp {
namespace {

constexpr double kUpperTail = 0.975;

double square(double value) {
  return value * value;
}

double variance_of_mean(const SeedStatistics& side) {
  return square(side.sd) / static_cast<double>(side.n);
}

// Welch 1947, Biometrika 34, equation 28: between the smaller n - 1 and the sum of both. Two runs often have
// a small variance by chance: against many runs the formula would then trust the many. So the limit is that
// of two sides with as few runs as the smaller.
double welch_degrees_of_freedom(const SeedStatistics& a, const SeedStatistics& b) {
  // Relative to the sum, so that no square underflows.
  const double sum = variance_of_mean(a) + variance_of_mean(b);
  const auto share = [&](const SeedStatistics& side) {
    return square(variance_of_mean(side) / sum) / static_cast<double>(side.n - 1);
  };
  return std::min(1 / (share(a) + share(b)), 2 * static_cast<double>(std::min(a.n, b.n) - 1));
}

double half_width_over_seeds(const SeedStatistics& a, const SeedStatistics& b) {
  const double variance = variance_of_mean(a) + variance_of_mean(b);
  if (variance == 0) return 0;
  const boost::math::students_t t(welch_degrees_of_freedom(a, b));
  return boost::math::quantile(t, kUpperTail) * std::sqrt(variance);
}

}  // namespace

SeedStatistics seed_statistics(std::span<const double> values) {
  RPP_CHECK(!values.empty(), "no values: a mean needs at least one");
  const auto n = static_cast<double>(values.size());
  SeedStatistics statistics{.n = static_cast<int64_t>(values.size())};
  statistics.mean = std::accumulate(values.begin(), values.end(), 0.0) / n;
  if (values.size() == 1) return statistics;
  double squares = 0;
  for (const double value : values) squares += (value - statistics.mean) * (value - statistics.mean);
  statistics.sd = std::sqrt(squares / (n - 1));
  return statistics;
}

Interval difference_interval(const SeedStatistics& baseline, const SeedStatistics& candidate,
                             double example_variance) {
  RPP_CHECK(baseline.n > 1 && candidate.n > 1,
            "{} and {} values: the variance between seeds needs two a side", baseline.n, candidate.n);
  const double z = boost::math::quantile(boost::math::normal(), kUpperTail);
  const double over_seeds = half_width_over_seeds(baseline, candidate);
  const double half_width = std::sqrt(square(over_seeds) + square(z) * example_variance);
  const double difference = candidate.mean - baseline.mean;
  return {.low = difference - half_width, .high = difference + half_width};
}

McNemar mcnemar(int64_t b, int64_t c) {
  const boost::math::binomial heads(static_cast<double>(b + c), 0.5);
  const double tail = boost::math::cdf(heads, static_cast<double>(std::min(b, c)));
  return {b, c, std::min(1.0, 2 * tail)};
}

McNemar mcnemar(std::span<const double> predictions_a, std::span<const double> predictions_b,
                std::span<const double> labels) {
  RPP_CHECK(predictions_a.size() == labels.size() && predictions_b.size() == labels.size(),
            "{} and {} predictions for {} labels: the numbers must be equal", predictions_a.size(),
            predictions_b.size(), labels.size());
  int64_t b = 0, c = 0;
  for (size_t i = 0; i < labels.size(); ++i) {
    const bool a_right = predictions_a[i] == labels[i], b_right = predictions_b[i] == labels[i];
    b += a_right && !b_right;
    c += b_right && !a_right;
  }
  return mcnemar(b, c);
}

}  // namespace rpp
