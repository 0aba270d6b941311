// rpp-bench rank: the threshold of one ranking over all entries, as global ranking needs it, beside one copy
// of the scores.
#pragma once

#include <algorithm>
#include <nlohmann/json.hpp>
#include <random>

#include "rpp/core/parallel_for.h"
#include "rpp/core/progress.h"
#include "rpp/prune/magnitude.h"
#include "tool_main.h"

namespace rpp {

struct RankArguments {
  int64_t entries = 300'000'000;
  double ratio = 0.8;
  int64_t repeat = 3;
};

// Normal scores repeat after a prime number of entries: drawing all of them would take longer than the bench.
inline std::vector<float> some_scores(int64_t count) {
  std::mt19937 random(1);
  std::normal_distribution<float> normal(0.0F, 0.04F);
  std::vector<float> pattern(9'999'991);
  for (auto& score : pattern) score = normal(random);
  std::vector<float> scores(static_cast<size_t>(count));
  for (size_t i = 0; i < scores.size(); ++i) scores[i] = pattern[i % pattern.size()];
  return scores;
}

template <typename Work>
double best_seconds(int64_t repeat, const Work& work) {
  double best = 0;
  for (int64_t i = 0; i < repeat; ++i) {
    const Stopwatch stopwatch;
    work();
    best = i == 0 ? stopwatch.seconds() : std::min(best, stopwatch.seconds());
  }
  return best;
}

inline void bench_rank(const RankArguments& arguments) {
  const auto scores = some_scores(arguments.entries);
  const PruneGroup group = {.matrices = {{"all", 0, 1, arguments.entries}}, .target_ratio = arguments.ratio};
  const auto target = static_cast<int64_t>(arguments.ratio * static_cast<double>(arguments.entries));
  std::vector<uint8_t> keep(scores.size());
  const double rank_seconds = best_seconds(arguments.repeat, [&] {
    std::fill(keep.begin(), keep.end(), uint8_t{1});
    prune_smallest_into(keep, scores, group, target);
  });
  std::vector<float> copy(scores.size());
  const double copy_seconds = best_seconds(arguments.repeat, [&] {
    parallel_for(arguments.entries, 0, [&](int64_t begin, int64_t end) {
      std::copy(scores.begin() + begin, scores.begin() + end, copy.begin() + begin);
    });
  });
  const nlohmann::ordered_json line = {{"bench", "rank"},
                                       {"version", version_string()},
                                       {"threads", default_num_threads()},
                                       {"entries", arguments.entries},
                                       {"pruned", count_pruned(keep, group)},
                                       {"seconds", rank_seconds},
                                       {"copy_seconds", copy_seconds},
                                       {"copies", rank_seconds / copy_seconds}};
  fmt::print("{}\n", line.dump());
}

inline void add_rank(CLI::App& app, RankArguments& arguments) {
  CLI::App& rank = *app.add_subcommand("rank", "Global ranking: the exact threshold of all weights");
  rank.option_defaults()->always_capture_default();
  rank.add_option("--entries", arguments.entries, "weights")->check(CLI::PositiveNumber);
  rank.add_option("--ratio", arguments.ratio, "share to prune")->check(CLI::Range(0.0, 1.0));
  rank.add_option("--repeat", arguments.repeat, "the best counts")->check(CLI::PositiveNumber);
  rank.footer("Example:\n  rpp-bench rank --entries 300000000");
  rank.callback([&] { bench_rank(arguments); });
}

}  // namespace rpp
