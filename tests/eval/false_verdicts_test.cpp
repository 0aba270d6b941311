// Without a true difference at most 5 % of the comparisons may find one, for any number of seeds and any
// variance between them. docs/method.md has the shares for more examples.
#include <gtest/gtest.h>

#include <map>

#include "eval/simulated_runs.h"

namespace rpp::test {
namespace {

// The examples alone give the difference of two runs a standard deviation of 0.02.
struct SeedDeviations {
  double baseline, candidate;
};
constexpr SeedDeviations kNoneToLarge[] = {{0, 0}, {0.01, 0.01}, {0.05, 0.05}, {0.01, 0.05}};

double false_verdicts(size_t runs_per_side, const SeedDeviations& sd) {
  const VerdictCounts counts = count_verdicts({.num_examples = 100,
                                               .runs_per_side = runs_per_side,
                                               .seed_sd = sd.candidate,
                                               .baseline_seed_sd = sd.baseline},
                                              800, 50);
  return counts.share(counts.better + counts.worse);
}

TEST(FalseVerdicts, OneSeedGivesNoVerdict) {
  for (const SeedDeviations& sd : kNoneToLarge) EXPECT_EQ(false_verdicts(1, sd), 0) << sd.candidate;
}

TEST(FalseVerdicts, SeveralSeedsGiveSixPercentAtMost) {
  const std::map<size_t, double> least = {{2, 0.01}, {3, 0.015}, {5, 0.025}};  // not too cautious either
  for (const auto& [runs, at_least] : least) {
    for (const SeedDeviations& sd : kNoneToLarge) {
      const double share = false_verdicts(runs, sd);
      EXPECT_LE(share, 0.06) << runs << " seeds, " << sd.baseline << ", " << sd.candidate;
      EXPECT_GE(share, at_least) << runs << " seeds, " << sd.baseline << ", " << sd.candidate;
    }
  }
}

}  // namespace
}  // namespace rpp::test
