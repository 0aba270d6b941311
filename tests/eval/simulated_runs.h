// Runs of two imaginary methods whose true accuracies are known, to count wrong and missed verdicts.
//
// A prediction is right if the sum of four normal variables is below a limit: the difficulty of the example
// for every run, for the runs of one method, for this run only, and the run's own level, its seed effect. The
// limit gives the run its true accuracy.
#pragma once

#include <algorithm>
#include <boost/math/distributions/normal.hpp>
#include <cmath>
#include <vector>

#include "core/parallel_for.h"
#include "core/rng.h"
#include "eval/paired_bootstrap.h"

namespace rpp::test {

struct SimulatedStudy {
  size_t num_examples = 872;
  size_t runs_per_side = 3;
  double accuracy = 0.9;  // of the baseline
  double difference = 0;  // true accuracy of the candidate minus the baseline's
  double seed_sd = 0;     // standard deviation of the true accuracy over the candidate's seeds
  double baseline_seed_sd = seed_sd;
  // Shares of the variance of an example's difficulty.
  double method_share = 0.04, run_share = 0.04;
};

using SimulatedRuns = std::vector<std::vector<double>>;  // [runs][examples], 1: right

inline std::vector<double> draw_normals(size_t count, Rng& rng) {
  std::vector<double> values(count);
  for (double& value : values) value = rng.normal();
  return values;
}

inline SimulatedRuns simulate_side(const SimulatedStudy& study, double accuracy, double seed_sd,
                                   const std::vector<double>& shared, Rng& rng) {
  const std::vector<double> of_method = draw_normals(study.num_examples, rng);
  SimulatedRuns runs;
  for (size_t run = 0; run < study.runs_per_side; ++run) {
    const double level = std::clamp(accuracy + seed_sd * rng.normal(), 0.01, 0.99);
    const double limit = boost::math::quantile(boost::math::normal(), level);
    std::vector<double> right;
    for (size_t i = 0; i < study.num_examples; ++i) {
      const double difficulty = std::sqrt(1 - study.method_share - study.run_share) * shared[i] +
                                std::sqrt(study.method_share) * of_method[i] +
                                std::sqrt(study.run_share) * rng.normal();
      right.push_back(difficulty < limit);
    }
    runs.push_back(std::move(right));
  }
  return runs;
}

struct VerdictCounts {
  int64_t studies = 0, better = 0, worse = 0;

  double share(int64_t count) const { return static_cast<double>(count) / static_cast<double>(studies); }
};

// `studies` simulated comparisons. Studies of one seed number have the same examples and seeds for any
// difference.
inline VerdictCounts count_verdicts(const SimulatedStudy& study, int64_t studies, int64_t resamples) {
  const std::vector<std::string> names = {"accuracy"};
  const std::vector<double> labels(study.num_examples, 1);
  std::vector<std::string_view> verdicts(static_cast<size_t>(studies));
  parallel_for(studies, 0, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      Rng rng(mix_key(1, i));
      const std::vector<double> shared = draw_normals(study.num_examples, rng);
      const SimulatedRuns baseline =
          simulate_side(study, study.accuracy, study.baseline_seed_sd, shared, rng);
      const SimulatedRuns candidate =
          simulate_side(study, study.accuracy + study.difference, study.seed_sd, shared, rng);
      const auto result =
          compare_runs(names, {baseline, candidate, labels}, {.resamples = resamples, .num_threads = 1});
      verdicts[static_cast<size_t>(i)] = verdict_name(result.at("accuracy").verdict);
    }
  });
  const auto count = [&](std::string_view name) {
    return static_cast<int64_t>(std::count(verdicts.begin(), verdicts.end(), name));
  };
  return {.studies = studies, .better = count("better"), .worse = count("worse")};
}

}  // namespace rpp::test
