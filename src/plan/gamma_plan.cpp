#include "plan/gamma_plan.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <numeric>

namespace rpp {
namespace {

constexpr double kLargestGamma = 1e12;

// The magnitude of a weight at the end.
float shrunk(const ShrinkForecast& forecast, size_t i, float gamma, std::span<const float> rates) {
  const float scale = forecast.scales.empty() ? gamma : gamma * forecast.scales[i];
  const float later = forecast.importances.empty() ? scale : scale / forecast.importances[i];
  float magnitude = forecast.magnitudes[i] - scale * rates.front() * forecast.alphas[i];
  for (const float rate : rates.subspan(1)) {
    if (magnitude <= 0) return 0;
    magnitude -= later * rate / (magnitude + static_cast<float>(forecast.epsilon));
  }
  return std::max(magnitude, 0.0F);
}

}  // namespace

double share_zeroed(const ShrinkForecast& forecast, double gamma) {
  if (forecast.magnitudes.empty() || forecast.rate_sums.empty()) return 0;
  const std::vector<float> rates(forecast.rate_sums.begin(), forecast.rate_sums.end());
  int64_t zeros = 0;
  for (size_t i = 0; i < forecast.magnitudes.size(); ++i) {
    if (shrunk(forecast, i, static_cast<float>(gamma), rates) == 0) ++zeros;
  }
  return static_cast<double>(zeros) / static_cast<double>(forecast.magnitudes.size());
}

double gamma_for(const ShrinkForecast& forecast, double share, double guess) {
  const double rates = std::accumulate(forecast.rate_sums.begin(), forecast.rate_sums.end(), 0.0);
  if (forecast.magnitudes.empty() || !(rates > 0)) return guess;
  double low = guess;
  double high = guess;
  while (low > kSmallestGamma && share_zeroed(forecast, low) >= share) low /= 2;
  while (high < kLargestGamma && share_zeroed(forecast, high) < share) high *= 2;
  while (high > low * (1 + 1e-5)) {
    const double middle = std::sqrt(low * high);
    (share_zeroed(forecast, middle) < share ? low : high) = middle;
  }
  return high;
}

}  // namespace rpp
