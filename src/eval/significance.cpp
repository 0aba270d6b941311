#include "eval/significance.h"

#include <algorithm>
#include <boost/math/distributions/binomial.hpp>
#include <boost/math/distributions/chi_squared.hpp>
#include <cmath>
#include <numeric>

#include "rpp/error.h"

namespace rpp {
namespace {

constexpr int64_t kSmallestForChiSquared = 25;

// Twice the probability of at most `fewer` heads in `tosses` tosses of a fair coin.
double two_sided_binomial(int64_t fewer, int64_t tosses) {
  const boost::math::binomial heads(static_cast<double>(tosses), 0.5);
  return std::min(1.0, 2 * boost::math::cdf(heads, static_cast<double>(fewer)));
}

double chi_squared_tail_1df(double statistic) {
  return boost::math::cdf(boost::math::complement(boost::math::chi_squared(1), statistic));
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

McNemar mcnemar(int64_t b, int64_t c) {
  if (b + c < kSmallestForChiSquared) return {b, c, two_sided_binomial(std::min(b, c), b + c)};
  const auto distance = static_cast<double>(std::max<int64_t>(std::abs(b - c) - 1, 0));
  return {b, c, chi_squared_tail_1df(distance * distance / static_cast<double>(b + c))};
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
