// How certain is the difference of two sets of runs? Statistics over seeds, a confidence interval, and
// McNemar's test of two classifiers.
#pragma once

#include <cstdint>
#include <span>

namespace rpp {

struct SeedStatistics {
  int64_t n = 0;
  double mean = 0;
  double sd = 0;  // of the sample (n - 1); 0 for one value
};

// Throws Error for an empty list.
SeedStatistics seed_statistics(std::span<const double> values);

struct Interval {
  double low = 0, high = 0;
};

// 95 % confidence interval of candidate.mean - baseline.mean, for other seeds and other examples:
//
//   difference +- sqrt(t(f)^2 v + z^2 e)      v = sd_b^2 / n_b + sd_c^2 / n_c
//
// v is the variance between seeds, with the 97.5 % quantile of Student's t for Welch's degrees of freedom
// f = v^2 / sum((sd^2 / n)^2 / (n - 1)) (Welch 1947), at most twice the smaller n - 1. e, `example_variance`,
// is the variance that the choice of examples gives to all runs of a side together, with the normal quantile
// z. The squares of the half-widths of independent parts add up (Zou and Donner 2008). Throws Error if a side
// has less than two values.
Interval difference_interval(const SeedStatistics& baseline, const SeedStatistics& candidate,
                             double example_variance);

struct McNemar {
  int64_t b = 0;  // examples that only the first classifier gets right
  int64_t c = 0;  // ... only the second
  double p = 1;   // two-sided: probability of a difference this large if neither is better
};

// McNemar's test (1947) of two runs, in its exact form: a binomial test with probability 1/2. For one run a
// side: b and c of several seeds must not be added, because the same examples occur in each.
McNemar mcnemar(int64_t b, int64_t c);

// Class numbers of the same examples. Throws Error if the sizes differ.
McNemar mcnemar(std::span<const double> predictions_a, std::span<const double> predictions_b,
                std::span<const double> labels);

}  // namespace rpp
