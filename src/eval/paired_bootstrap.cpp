#include "eval/paired_bootstrap.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "core/parallel_for.h"
#include "core/rng.h"
#include "eval/metrics.h"
#include "rpp/error.h"

namespace rpp {
namespace {

using Runs = std::span<const std::vector<double>>;
using Names = std::span<const std::string>;

constexpr double kTail = 0.025;
// Means of nearly equal runs differ by less than this when summed in a different order.
constexpr double kRounding = 1e-12;

// The independent samples of one side: models with their runs.
struct Side {
  Runs runs;
  std::vector<std::vector<size_t>> runs_of_model;  // [models]
};

// By metric: [models].
using Scores = std::map<std::string, std::vector<double>>;
struct ScoresOfSides {
  Scores baseline, candidate;
};

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

Side group_by_model(Runs runs, Names models) {
  RPP_CHECK(models.empty() || models.size() == runs.size(), "{} models for {} runs: name one for each run",
            models.size(), runs.size());
  Side side{.runs = runs};
  std::map<std::string, size_t> number_of_model;
  for (size_t run = 0; run < runs.size(); ++run) {
    const size_t next = side.runs_of_model.size();
    const bool has_name = !models.empty() && !models[run].empty();
    const size_t model = has_name ? number_of_model.try_emplace(models[run], next).first->second : next;
    if (model == next) side.runs_of_model.emplace_back();
    side.runs_of_model[model].push_back(run);
  }
  return side;
}

std::vector<double> gather(std::span<const double> values, std::span<const size_t> indices) {
  std::vector<double> gathered(indices.size());
  for (size_t i = 0; i < indices.size(); ++i) gathered[i] = values[indices[i]];
  return gathered;
}

Scores scores_on(Names names, const Side& side, std::span<const size_t> examples,
                 std::span<const double> labels) {
  Scores scores;
  for (size_t model = 0; model < side.runs_of_model.size(); ++model) {
    const std::vector<size_t>& runs = side.runs_of_model[model];
    for (const size_t run : runs) {
      for (const auto& [name, value] : glue_metrics(names, gather(side.runs[run], examples), labels)) {
        std::vector<double>& of_models = scores[name];
        of_models.resize(side.runs_of_model.size());
        of_models[model] += value / static_cast<double>(runs.size());
      }
    }
  }
  return scores;
}

std::vector<size_t> draw_indices(size_t count, Rng rng) {
  std::vector<size_t> indices(count);
  for (size_t& index : indices) index = rng.below(count);
  return indices;
}

class Comparison {
 public:
  Comparison(Names names, const PairedRuns& runs)
      : names_(names),
        labels_(runs.labels),
        baseline_(group_by_model(runs.baseline, runs.baseline_models)),
        candidate_(group_by_model(runs.candidate, runs.candidate_models)) {}

  ScoresOfSides scores() const {
    std::vector<size_t> all(labels_.size());
    std::iota(all.begin(), all.end(), size_t{0});
    return scores_on_examples(all);
  }

  std::vector<ScoresOfSides> resampled_scores(const BootstrapOptions& options) const {
    RPP_CHECK(options.resamples > 1, "{} resamples: the bootstrap needs at least two", options.resamples);
    std::vector<ScoresOfSides> resampled(static_cast<size_t>(options.resamples));
    parallel_for(options.resamples, options.num_threads, [&](int64_t begin, int64_t end) {
      for (int64_t resample = begin; resample < end; ++resample) {
        const Rng rng(mix_key(options.seed, resample));
        resampled[static_cast<size_t>(resample)] = scores_on_examples(draw_indices(labels_.size(), rng));
      }
    });
    return resampled;
  }

 private:
  ScoresOfSides scores_on_examples(std::span<const size_t> examples) const {
    const std::vector<double> labels = gather(labels_, examples);
    return {.baseline = scores_on(names_, baseline_, examples, labels),
            .candidate = scores_on(names_, candidate_, examples, labels)};
  }

  Names names_;
  std::span<const double> labels_;
  Side baseline_, candidate_;
};

double mean_of(std::span<const double> values) {
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

double variance_of(std::span<const double> values) {
  const double sd = seed_statistics(values).sd;
  return sd * sd;
}

// What one metric became in the resamples.
struct Resamples {
  std::vector<double> differences;                       // [resamples] of the means of the two sides
  std::vector<std::vector<double>> baseline, candidate;  // [models][resamples] minus the mean of the side
};

void add_deviations(std::span<const double> scores, std::vector<std::vector<double>>& deviations) {
  deviations.resize(scores.size());
  const double mean = mean_of(scores);
  for (size_t model = 0; model < scores.size(); ++model) deviations[model].push_back(scores[model] - mean);
}

Resamples resamples_of(const std::string& name, std::span<const ScoresOfSides> resampled) {
  Resamples resamples;
  for (const auto& [baseline, candidate] : resampled) {
    resamples.differences.push_back(mean_of(candidate.at(name)) - mean_of(baseline.at(name)));
    add_deviations(baseline.at(name), resamples.baseline);
    add_deviations(candidate.at(name), resamples.candidate);
  }
  return resamples;
}

// The part of the bootstrap variance of a side's mean in which its models err on different examples.
double variance_of_own_errors(std::span<const std::vector<double>> deviations) {
  const auto n = static_cast<double>(deviations.size());
  double sum = 0;
  for (const std::vector<double>& of_model : deviations) sum += variance_of(of_model);
  return sum / (n - 1) / n;
}

// The variance that the examples give to all models of a side together: with Obuchowski and Rockette (1995)
// Cov2 - Cov3 of each side. Errors of single models are subtracted, because the variance between the models'
// scores includes them already.
double shared_example_variance(const Resamples& resamples) {
  const double own = variance_of_own_errors(resamples.baseline) + variance_of_own_errors(resamples.candidate);
  return std::max(0.0, variance_of(resamples.differences) - own);
}

// Interpolated between the two nearest values, as numpy's percentile.
double quantile(std::span<const double> sorted, double share) {
  const double position = share * static_cast<double>(sorted.size() - 1);
  const auto below = static_cast<size_t>(position);
  const size_t above = std::min(below + 1, sorted.size() - 1);
  return std::lerp(sorted[below], sorted[above], position - std::floor(position));
}

Interval interval_over_examples(std::vector<double> differences) {
  std::sort(differences.begin(), differences.end());
  return {.low = quantile(differences, kTail), .high = quantile(differences, 1 - kTail)};
}

MetricComparison statistics_of_sides(std::span<const double> baseline, std::span<const double> candidate) {
  MetricComparison comparison{.baseline = seed_statistics(baseline), .candidate = seed_statistics(candidate)};
  comparison.difference = comparison.candidate.mean - comparison.baseline.mean;
  return comparison;
}

void judge_over_seeds(MetricComparison& comparison, double example_variance) {
  comparison.interval = difference_interval(comparison.baseline, comparison.candidate, example_variance);
  comparison.verdict = verdict_of(comparison.interval);
}

MetricComparison compare_scores(std::span<const double> baseline, std::span<const double> candidate,
                                const Resamples& resamples) {
  MetricComparison comparison = statistics_of_sides(baseline, candidate);
  if (comparison.baseline.n == 1 || comparison.candidate.n == 1) {
    comparison.interval = interval_over_examples(resamples.differences);
    comparison.verdict = Verdict::examples_only;
    return comparison;
  }
  judge_over_seeds(comparison, shared_example_variance(resamples));
  return comparison;
}

}  // namespace

std::string_view verdict_name(Verdict verdict) {
  switch (verdict) {
    case Verdict::better:
      return "better";
    case Verdict::worse:
      return "worse";
    case Verdict::within_noise:
      return "within noise";
    case Verdict::examples_only:
      break;
  }
  return "examples only";
}

Verdict verdict_of(const Interval& interval) {
  if (interval.low > kRounding) return Verdict::better;
  return interval.high < -kRounding ? Verdict::worse : Verdict::within_noise;
}

std::map<std::string, MetricComparison> compare_runs(Names names, const PairedRuns& runs,
                                                     const BootstrapOptions& options) {
  check_runs(runs);
  const Comparison comparison(names, runs);
  const auto [baseline, candidate] = comparison.scores();
  const std::vector<ScoresOfSides> resampled = comparison.resampled_scores(options);
  std::map<std::string, MetricComparison> comparisons;
  for (const auto& [name, of_baseline] : baseline) {
    comparisons[name] = compare_scores(of_baseline, candidate.at(name), resamples_of(name, resampled));
  }
  return comparisons;
}

MetricComparison compare_values(std::span<const double> baseline, std::span<const double> candidate) {
  for (const std::span<const double> side : {baseline, candidate}) {
    for (const double value : side)
      RPP_CHECK(std::isfinite(value), "the value {} is not a finite number", value);
  }
  MetricComparison comparison = statistics_of_sides(baseline, candidate);
  judge_over_seeds(comparison, 0);
  return comparison;
}

}  // namespace rpp
