// Prints the tables of docs/method.md: how often rpp-compare's statistics find a difference, in per cent of
// simulated comparisons.
#include <fmt/format.h>

#include "eval/simulated_runs.h"

namespace rpp::test {
namespace {

constexpr double kPoint = 0.01;
constexpr int64_t kResamples = 200;

double per_cent_found(const SimulatedStudy& study, int64_t studies) {
  const VerdictCounts counts = count_verdicts(study, studies, kResamples);
  return 100 * counts.share(study.difference > 0 ? counts.better : counts.better + counts.worse);
}

void print_false_verdicts() {
  fmt::print(
      "Without a difference, 872 examples\n| seeds a side | seed sd 0 | 0.3 | 0.6 | 2 | 0.6 and 2 |\n");
  for (const size_t runs : {1, 2, 3, 5}) {
    SimulatedStudy study = {.runs_per_side = runs};
    fmt::print("| {} |", runs);
    for (const double sd : {0.0, 0.3, 0.6, 2.0}) {
      study.seed_sd = study.baseline_seed_sd = sd * kPoint;
      fmt::print(" {:.1f} |", per_cent_found(study, 2000));
    }
    study.baseline_seed_sd = 0.6 * kPoint;
    fmt::print(" {:.1f} |\n", per_cent_found(study, 2000));
  }
}

void print_power() {
  fmt::print("\n| examples | seed sd | seeds a side | 0.5 points | 1 | 2 |\n");
  for (const size_t num_examples : {872, 5000}) {
    for (const double sd : {0.3, 0.6}) {
      for (const size_t runs : {2, 3, 5}) {
        fmt::print("| {} | {} | {} |", num_examples, sd, runs);
        for (const double points : {0.5, 1.0, 2.0}) {
          fmt::print(" {:.0f} |", per_cent_found({.num_examples = num_examples,
                                                  .runs_per_side = runs,
                                                  .difference = points * kPoint,
                                                  .seed_sd = sd * kPoint},
                                                 500));
        }
        fmt::print("\n");
      }
    }
  }
}

// How similar the runs are: per cent of the examples that one of two runs has right and the other wrong.
void print_disagreement() {
  const SimulatedStudy study = {.num_examples = 100'000, .runs_per_side = 2};
  Rng rng(1);
  const std::vector<double> shared = draw_normals(study.num_examples, rng);
  const SimulatedRuns baseline = simulate_side(study, study.accuracy, 0, shared, rng);
  const SimulatedRuns candidate = simulate_side(study, study.accuracy, 0, shared, rng);
  const auto differing = [&](const std::vector<double>& a, const std::vector<double>& b) {
    size_t count = 0;
    for (size_t i = 0; i < a.size(); ++i) count += a[i] != b[i];
    return 100 * static_cast<double>(count) / static_cast<double>(a.size());
  };
  fmt::print(
      "Accuracy {:.0f} %; two runs of one method differ in {:.1f} % of the examples, of two methods in "
      "{:.1f} %\n\n",
      100 * study.accuracy, differing(baseline[0], baseline[1]), differing(baseline[0], candidate[0]));
}

}  // namespace
}  // namespace rpp::test

int main() {
  rpp::test::print_disagreement();
  rpp::test::print_false_verdicts();
  rpp::test::print_power();
}
