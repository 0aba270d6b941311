#include <algorithm>
#include <random>

#include "core/parallel_for.h"
#include "measure/benches.h"
#include "plan/magnitude.h"

namespace rpp {
namespace {

// Normal scores repeated with a prime period: drawing all of them would take longer than the benchmark.
std::vector<float> some_scores(int64_t count) {
  std::mt19937 random(1);
  std::normal_distribution<float> normal(0.0F, 0.04F);
  std::vector<float> pattern(9'999'991);
  for (auto& score : pattern) score = normal(random);
  std::vector<float> scores(static_cast<size_t>(count));
  for (size_t i = 0; i < scores.size(); ++i) scores[i] = pattern[i % pattern.size()];
  return scores;
}

}  // namespace

std::vector<Measurement> bench_rank(const RankBench& bench) {
  const auto scores = some_scores(bench.entries);
  const PruneGroup group = {.matrices = {{"all", 0, 1, bench.entries}}, .target_ratio = bench.ratio};
  const auto target = static_cast<int64_t>(bench.ratio * static_cast<double>(bench.entries));
  std::vector<uint8_t> keep(scores.size());
  const double rank_seconds = best_seconds(bench.repeat, [&] {
    std::fill(keep.begin(), keep.end(), uint8_t{1});
    prune_smallest_into(keep, scores, group, target);
  });
  std::vector<float> copy(scores.size());
  const double copy_seconds = best_seconds(bench.repeat, [&] {
    parallel_for(bench.entries, 0, [&](int64_t begin, int64_t end) {
      std::copy(scores.begin() + begin, scores.begin() + end, copy.begin() + begin);
    });
  });
  auto line = begin_measurement("rank", default_num_threads());
  line["entries"] = bench.entries;
  line["pruned"] = count_pruned(keep, group);
  line["seconds"] = rank_seconds;
  line["copy_seconds"] = copy_seconds;
  line["copies"] = rank_seconds / copy_seconds;
  return {line};
}

}  // namespace rpp
