// The spread over seeds, and McNemar's test of two classifiers on the same examples.
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

struct McNemar {
  int64_t b = 0;  // examples that only the first classifier gets right
  int64_t c = 0;  // ... only the second
  double p = 1;   // two-sided: probability of a difference this large if neither is better
};

// The exact binomial test when b + c < 25, else chi-squared with continuity correction (McNemar 1947, Edwards
// 1948), as statsmodels' mcnemar computes them; except that b = c always gives 1, where statsmodels applies
// the correction to a zero difference.
McNemar mcnemar(int64_t b, int64_t c);

// Class numbers of the same examples. Throws Error if the sizes differ.
McNemar mcnemar(std::span<const double> predictions_a, std::span<const double> predictions_b,
                std::span<const double> labels);

}  // namespace rpp
