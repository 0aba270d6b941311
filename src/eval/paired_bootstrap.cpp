#include "eval/paired_bootstrap.h"

#include <algorithm>
#include <cmath>

#include "core/parallel_for.h"
#include "core/rng.h"
#include "eval/metrics.h"
#include "rpp/error.h"

namespace rpp {
namespace {

using Runs = std::span<const std::vector<double>>;
using Names = std::span<const std::string>;
using Metrics = std::map<std::string, double>;

constexpr double kTail = 0.025;
// Means of nearly equal runs differ by less than this when summed in a different order.
constexpr double kRounding = 1e-12;

void check_runs(const PairedRuns& runs) {
  RPP_CHECK(!runs.baseline.empty() && !runs.candidate.empty(),
            "no run of the {}: a comparison needs one a side",
            runs.baseline.empty() ? "baseline" : "candidate");
  for (const Runs& side : {runs.baseline, runs.candidate}) {
    for (const std::vector<double>& predictions : side) {
      RPP_CHECK(predictions.size() == runs.labels.size(),
                "{} predictions for {} labels: the numbers must be equal", predictions.size(),
                runs.labels.size());
    }
  }
}

std::vector<size_t> draw_indices(size_t count, Rng& rng) {
  std::vector<size_t> indices(count);
  for (size_t& index : indices) index = rng.below(count);
  return indices;
}

std::vector<double> gather(std::span<const double> values, std::span<const size_t> indices) {
  std::vector<double> gathered(indices.size());
  for (size_t i = 0; i < indices.size(); ++i) gathered[i] = values[indices[i]];
  return gathered;
}

// How often each run is drawn in a resample of the same size.
std::vector<int64_t> draw_times(size_t num_runs, Rng& rng) {
  std::vector<int64_t> times(num_runs, 0);
  for (const size_t run : draw_indices(num_runs, rng)) ++times[run];
  return times;
}

// Mean over the drawn runs of the metrics on the drawn examples.
Metrics mean_of_drawn(Names names, Runs runs, std::span<const size_t> examples,
                      std::span<const double> labels, Rng& rng) {
  const std::vector<int64_t> times = draw_times(runs.size(), rng);
  Metrics mean;
  for (size_t run = 0; run < runs.size(); ++run) {
    if (times[run] == 0) continue;
    const double share = static_cast<double>(times[run]) / static_cast<double>(runs.size());
    for (const auto& [name, value] : glue_metrics(names, gather(runs[run], examples), labels)) {
      mean[name] += share * value;
    }
  }
  return mean;
}

Metrics resampled_difference(Names names, const PairedRuns& runs, Rng rng) {
  const std::vector<size_t> examples = draw_indices(runs.labels.size(), rng);
  const std::vector<double> labels = gather(runs.labels, examples);
  const Metrics baseline = mean_of_drawn(names, runs.baseline, examples, labels, rng);
  Metrics difference = mean_of_drawn(names, runs.candidate, examples, labels, rng);
  for (auto& [name, value] : difference) value -= baseline.at(name);
  return difference;
}

std::vector<Metrics> resampled_differences(Names names, const PairedRuns& runs,
                                           const BootstrapOptions& options) {
  RPP_CHECK(options.resamples > 0, "{} resamples: the bootstrap needs at least one", options.resamples);
  std::vector<Metrics> differences(static_cast<size_t>(options.resamples));
  parallel_for(options.resamples, options.num_threads, [&](int64_t begin, int64_t end) {
    for (int64_t resample = begin; resample < end; ++resample) {
      differences[static_cast<size_t>(resample)] =
          resampled_difference(names, runs, Rng(mix_key(options.seed, resample)));
    }
  });
  return differences;
}

// Interpolated between the two nearest values, as numpy's percentile.
double quantile(std::span<const double> sorted, double share) {
  const double position = share * static_cast<double>(sorted.size() - 1);
  const auto below = static_cast<size_t>(position);
  const size_t above = std::min(below + 1, sorted.size() - 1);
  return std::lerp(sorted[below], sorted[above], position - std::floor(position));
}

std::map<std::string, std::vector<double>> metrics_of_runs(Names names, Runs runs,
                                                           std::span<const double> labels) {
  std::map<std::string, std::vector<double>> values;
  for (const std::vector<double>& predictions : runs) {
    for (const auto& [name, value] : glue_metrics(names, predictions, labels)) values[name].push_back(value);
  }
  return values;
}

void set_interval(MetricComparison& comparison, std::vector<double> differences) {
  std::sort(differences.begin(), differences.end());
  comparison.low = quantile(differences, kTail);
  comparison.high = quantile(differences, 1 - kTail);
  comparison.verdict = verdict_of(comparison.low, comparison.high);
}

}  // namespace

std::string_view verdict_name(Verdict verdict) {
  if (verdict == Verdict::within_noise) return "within noise";
  return verdict == Verdict::better ? "better" : "worse";
}

Verdict verdict_of(double low, double high) {
  if (low > kRounding) return Verdict::better;
  return high < -kRounding ? Verdict::worse : Verdict::within_noise;
}

std::map<std::string, MetricComparison> compare_runs(Names names, const PairedRuns& runs,
                                                     const BootstrapOptions& options) {
  check_runs(runs);
  const auto baseline = metrics_of_runs(names, runs.baseline, runs.labels);
  const auto candidate = metrics_of_runs(names, runs.candidate, runs.labels);
  const std::vector<Metrics> resampled = resampled_differences(names, runs, options);

  std::map<std::string, MetricComparison> comparisons;
  for (const auto& [name, values] : baseline) {
    MetricComparison& comparison = comparisons[name];
    comparison.baseline = seed_statistics(values);
    comparison.candidate = seed_statistics(candidate.at(name));
    comparison.difference = comparison.candidate.mean - comparison.baseline.mean;
    std::vector<double> differences;
    for (const Metrics& metrics : resampled) differences.push_back(metrics.at(name));
    set_interval(comparison, std::move(differences));
  }
  return comparisons;
}

}  // namespace rpp
