// Do two sets of runs differ by more than chance? Both are evaluated on the same examples.
//
// Two things vary by chance: the seeds of the runs, and the examples of the dev set. The variance between
// seeds comes from the scores of the runs; the variance over examples from a paired bootstrap, whose
// resamples draw the examples with replacement, the same for every run (Efron and Tibshirani 1993, chapter
// 6). significance.h combines them. Without two seeds a side the interval covers the examples only: the 2.5
// and 97.5 percentiles of the bootstrap.
//
// Runs that started from one pruned model are not independent samples of a pruning method: together they
// count as one value, their mean.
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
  // [runs] names of the models that the runs started from. "" is a model of its own, and so is every run of
  // a side without names.
  std::span<const std::string> baseline_models = {}, candidate_models = {};
};

struct BootstrapOptions {
  int64_t resamples = 2000;
  uint64_t seed = 1;
  int num_threads = 0;  // 0: the machine's cores. The result does not depend on it.
};

// examples_only: a side has one model, so that chance between seeds is unknown.
enum class Verdict { better, worse, within_noise, examples_only };
std::string_view verdict_name(Verdict verdict);  // "within noise", "examples only"

// Better if all of the interval is above 0, worse if all is below.
Verdict verdict_of(const Interval& interval);

struct MetricComparison {
  SeedStatistics baseline, candidate;  // of the models, each with the mean of its runs
  double difference = 0;               // candidate's mean minus baseline's
  Interval interval;                   // 95 %, of the difference
  Verdict verdict = Verdict::examples_only;
};

// By metric: those of glue_metrics(names, ...) in eval/metrics.h, including "combined_score". Throws Error
// when a side has no run or the numbers of predictions, labels and models differ.
std::map<std::string, MetricComparison> compare_runs(std::span<const std::string> names,
                                                     const PairedRuns& runs,
                                                     const BootstrapOptions& options = {});

// Scores of runs, without their answers to the examples: the interval covers other seeds only. Throws Error
// if a side has less than two values, or one that is not finite.
MetricComparison compare_values(std::span<const double> baseline, std::span<const double> candidate);

}  // namespace rpp
