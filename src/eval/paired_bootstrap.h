// Do two sets of runs differ on the same examples? A paired bootstrap over examples and seeds.
//
// A resample draws the examples with replacement, the same for every run, and the runs of each side with
// replacement; its value is the mean metric of the candidate's runs minus that of the baseline's. The
// interval is between the 2.5 and 97.5 percentiles of those values (Efron and Tibshirani 1993, chapters 8 and
// 13). With one run per side it covers only the variation over examples, not over seeds.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "eval/significance.h"

namespace rpp {

struct PairedRuns {                                          // class numbers, or scores
  std::span<const std::vector<double>> baseline, candidate;  // [runs][examples]
  std::span<const double> labels;                            // [examples]
};

struct BootstrapOptions {
  int64_t resamples = 2000;
  uint64_t seed = 1;
  int num_threads = 0;  // 0: the machine's cores. The result does not depend on it.
};

enum class Verdict { better, worse, within_noise };
std::string_view verdict_name(Verdict verdict);  // "better", "worse", "within noise"

// Better if all of [low, high] is above 0, worse if all is below.
Verdict verdict_of(double low, double high);

struct MetricComparison {
  SeedStatistics baseline, candidate;
  double difference = 0;     // candidate's mean minus baseline's
  double low = 0, high = 0;  // 95 % interval of the difference
  Verdict verdict = Verdict::within_noise;
};

// By metric: those of glue_metrics(names, ...) in eval/metrics.h, including "combined_score". Throws Error
// when a side has no run or the numbers of predictions and labels differ.
std::map<std::string, MetricComparison> compare_runs(std::span<const std::string> names,
                                                     const PairedRuns& runs,
                                                     const BootstrapOptions& options = {});

}  // namespace rpp
