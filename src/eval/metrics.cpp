#include "eval/metrics.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <set>

#include "core/nearest.h"
#include "rpp/error.h"

namespace rpp {
namespace {

template <typename T>
void check_sizes(std::span<const T> predictions, std::span<const T> labels) {
  if (predictions.size() != labels.size()) {
    fail("{} predictions for {} labels: the numbers must be equal", predictions.size(), labels.size());
  }
  if (labels.empty()) fail("no predictions: a metric needs at least one");
}

// NaN is not equal to itself: ranking would not end, and as a class it would be an arbitrary number.
void check_finite(std::span<const double> values) {
  const auto bad = std::find_if(values.begin(), values.end(), [](double v) { return !std::isfinite(v); });
  if (bad == values.end()) return;
  fail("value {} of {} is {}: a metric needs finite numbers; check the model's weights", bad - values.begin(),
       values.size(), *bad);
}

// Ranks from 1; equal values share the mean of their ranks.
std::vector<double> ranks_of(std::span<const double> values) {
  std::vector<size_t> order(values.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::sort(order.begin(), order.end(), [&](size_t a, size_t b) { return values[a] < values[b]; });
  std::vector<double> ranks(values.size());
  for (size_t begin = 0, end = 0; begin < order.size(); begin = end) {
    while (end < order.size() && values[order[end]] == values[order[begin]]) ++end;
    const double mean_rank = static_cast<double>(begin + 1 + end) / 2;
    for (size_t i = begin; i < end; ++i) ranks[order[i]] = mean_rank;
  }
  return ranks;
}

// Rounds by hand: std::lround is a call that prevents vectorisation, and a bootstrap spends its time here.
std::vector<int32_t> as_classes(std::span<const double> values) {
  std::vector<int32_t> classes(values.size());
  std::transform(values.begin(), values.end(), classes.begin(),
                 [](double value) { return static_cast<int32_t>(value < 0 ? value - 0.5 : value + 0.5); });
  return classes;
}

// Rounding can give a constant a non-zero variance.
bool is_constant(std::span<const double> values) {
  return std::all_of(values.begin(), values.end(), [&](double value) { return value == values.front(); });
}

constexpr std::string_view kCombined = "combined_score";

double compute(const std::string& name, std::span<const double> predictions, std::span<const double> labels) {
  if (name == "pearson") return pearson(predictions, labels);
  if (name == "spearman") return spearman(predictions, labels);
  if (name == "accuracy") return accuracy(as_classes(predictions), as_classes(labels));
  if (name == "f1") return f1(as_classes(predictions), as_classes(labels));
  if (name == "macro_f1") return macro_f1(as_classes(predictions), as_classes(labels));
  if (name == "matthews") return matthews(as_classes(predictions), as_classes(labels));
  const std::vector<std::string> known = {"accuracy", "combined_score", "f1",      "macro_f1",
                                          "matthews", "pearson",        "spearman"};
  fail("unknown metric '{}'{}", name, name_hint(name, known));
}

}  // namespace

double accuracy(std::span<const int32_t> predictions, std::span<const int32_t> labels) {
  check_sizes(predictions, labels);
  int64_t right = 0;
  for (size_t i = 0; i < labels.size(); ++i) right += predictions[i] == labels[i];
  return static_cast<double>(right) / static_cast<double>(labels.size());
}

double f1(std::span<const int32_t> predictions, std::span<const int32_t> labels, int32_t of_class) {
  check_sizes(predictions, labels);
  int64_t found = 0, predicted = 0, actual = 0;
  for (size_t i = 0; i < labels.size(); ++i) {
    found += predictions[i] == of_class && labels[i] == of_class;
    predicted += predictions[i] == of_class;
    actual += labels[i] == of_class;
  }
  if (predicted + actual == 0) return 0;
  return 2 * static_cast<double>(found) / static_cast<double>(predicted + actual);
}

double macro_f1(std::span<const int32_t> predictions, std::span<const int32_t> labels) {
  check_sizes(predictions, labels);
  std::set<int32_t> classes(labels.begin(), labels.end());
  classes.insert(predictions.begin(), predictions.end());
  double sum = 0;
  for (const int32_t of_class : classes) sum += f1(predictions, labels, of_class);
  return sum / static_cast<double>(classes.size());
}

double matthews(std::span<const int32_t> predictions, std::span<const int32_t> labels) {
  check_sizes(predictions, labels);
  std::map<int32_t, double> predicted, actual;
  double right = 0;
  for (size_t i = 0; i < labels.size(); ++i) {
    ++predicted[predictions[i]];
    ++actual[labels[i]];
    right += predictions[i] == labels[i];
  }
  const auto total = static_cast<double>(labels.size());
  double agreement_by_chance = 0, predicted_squares = 0, actual_squares = 0;
  for (const auto& [label, count] : predicted) {
    predicted_squares += count * count;
    if (const auto it = actual.find(label); it != actual.end()) agreement_by_chance += count * it->second;
  }
  for (const auto& [label, count] : actual) actual_squares += count * count;
  const double scale = (total * total - predicted_squares) * (total * total - actual_squares);
  return scale == 0 ? 0 : (right * total - agreement_by_chance) / std::sqrt(scale);
}

double pearson(std::span<const double> x, std::span<const double> y) {
  check_sizes(x, y);
  check_finite(x);
  check_finite(y);
  if (is_constant(x) || is_constant(y)) return 0;
  const auto count = static_cast<double>(x.size());
  const double mean_x = std::accumulate(x.begin(), x.end(), 0.0) / count;
  const double mean_y = std::accumulate(y.begin(), y.end(), 0.0) / count;
  double covariance = 0, variance_x = 0, variance_y = 0;
  for (size_t i = 0; i < x.size(); ++i) {
    covariance += (x[i] - mean_x) * (y[i] - mean_y);
    variance_x += (x[i] - mean_x) * (x[i] - mean_x);
    variance_y += (y[i] - mean_y) * (y[i] - mean_y);
  }
  const double scale = std::sqrt(variance_x) * std::sqrt(variance_y);
  return scale == 0 ? 0 : std::clamp(covariance / scale, -1.0, 1.0);
}

double spearman(std::span<const double> x, std::span<const double> y) {
  check_sizes(x, y);
  check_finite(x);
  check_finite(y);
  return pearson(ranks_of(x), ranks_of(y));
}

std::map<std::string, double> glue_metrics(std::span<const std::string> names,
                                           std::span<const double> predictions,
                                           std::span<const double> labels) {
  check_finite(predictions);
  check_finite(labels);
  std::map<std::string, double> values;
  double sum = 0;
  for (const std::string& name : names) {
    if (name == kCombined) continue;
    values[name] = compute(name, predictions, labels);
    sum += values[name];
  }
  const bool is_combined = std::find(names.begin(), names.end(), kCombined) != names.end();
  RPP_CHECK(!is_combined || !values.empty(), "combined_score needs other metrics to average");
  if (is_combined) values[std::string(kCombined)] = sum / static_cast<double>(values.size());
  return values;
}

}  // namespace rpp
