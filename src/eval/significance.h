// Seeds' spread, and McNemar's test of two classifiers on the same examples.
#pragma once

#include <cstdint>
#include <span>

namespace rpp {

struct SeedStatistics {
  int64_t n = 0;
  double mean = 0;
  double sd = 0;  // of the sample (n - 1); 0 with one value
};

// Throws Error when there is no value.
SeedStatistics seed_statistics(std::span<const double> values);

struct McNemar {
  int64_t b = 0;  // examples that only the first classifier has right
  int64_t c = 0;  // ... only the second
  double p = 1;   // two-sided: the chance of a difference this large when neither is better
};

// The exact binomial test when b + c < 25, else chi-squared with continuity correction (McNemar 1947, Edwards
// 1948), as statsmodels' mcnemar computes them; but b = c always gives 1, where statsmodels corrects a
// difference of nothing.
McNemar mcnemar(int64_t b, int64_t c);

// Class numbers of the same examples. Throws Error unless there are equally many of each.
McNemar mcnemar(std::span<const double> predictions_a, std::span<const double> predictions_b,
                std::span<const double> labels);

}  // namespace rpp
