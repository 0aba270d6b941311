// The same fine-tuning with several seeds: on small tasks results vary more between seeds than between
// methods.
#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>

#include "config/load.h"
#include "connect_ranks.h"
#include "core/atomic_file.h"
#include "finetune_run.h"
#include "program/log.h"
#include "rank_agreement.h"
#include "rpp/error.h"
#include "runs/finetune_results.h"
#include "runs/run_dir.h"
#include "tasks/run.h"

namespace rpp {
namespace {

namespace fs = std::filesystem;
using nlohmann::ordered_json;

void check_seeds(std::span<const int64_t> seeds, const RunOptions& options) {
  if (seeds.empty()) fail_usage("no seed is given");
  std::vector<int64_t> sorted(seeds.begin(), seeds.end());
  std::sort(sorted.begin(), sorted.end());
  const auto twice = std::adjacent_find(sorted.begin(), sorted.end());
  if (twice != sorted.end()) fail_usage("seed {} is given twice", *twice);
  if (sorted.front() < 0) fail_usage("seed {}: seeds are at least 0", sorted.front());
  if (!options.resume.empty() && options.resume != "auto") {
    fail_usage("several seeds are resumed with --resume auto: {} is a single run", options.resume);
  }
}

void begin_seeds(const FinetuneConfig& config, const RunOptions& options) {
  check_seeds_dir(config, options);
  // Written for resuming the same runs later.
  write_file_atomically(fs::path(config.output_dir) / "config.yaml", to_yaml(config));
}

// Nothing if a signal ended it.
std::optional<Metrics> run_seed(Communicator& ranks, FinetuneConfig config, int64_t seed,
                                const RunOptions& options) {
  const fs::path directory = fs::path(config.output_dir) / fmt::format("seed-{}", seed);
  config.output_dir = directory.string();
  config.train.seed = seed;
  log::info("seed {}: {}", seed, directory.string());
  const FinetuneOutcome outcome = finetune_over(ranks, config, options);
  if (outcome.training.stopped) return std::nullopt;
  return outcome.eval;
}

void write_statistics(const fs::path& file, std::span<const int64_t> seeds,
                      const std::map<std::string, std::vector<double>>& values, const SeedsOutcome& outcome) {
  ordered_json json = {{"seeds", std::vector<int64_t>(seeds.begin(), seeds.end())}};
  for (const auto& [name, statistics] : outcome.eval) {
    json[name] = {{"mean", statistics.mean}, {"sd", statistics.sd}, {"values", values.at(name)}};
  }
  write_file_atomically(file, json.dump(2) + "\n");
}

}  // namespace

SeedsOutcome run_finetuning_seeds(const FinetuneConfig& config, std::span<const int64_t> seeds,
                                  const RunOptions& options) {
  check_seeds(seeds, options);
  const auto ranks = connect_ranks(config.dist);
  check_same_seeds(*ranks, seeds);
  std::optional<RunDir> run_dir;
  if (ranks->is_first()) {
    run_dir.emplace(config, options);
    begin_seeds(config, options);
  }
  SeedsOutcome outcome{.rank = ranks->rank()};
  std::map<std::string, std::vector<double>> values;
  for (const int64_t seed : seeds) {
    const auto eval = run_seed(*ranks, config, seed, options);
    outcome.stopped = !eval;
    if (!eval) return outcome;
    ++outcome.finished;
    for (const auto& [name, value] : *eval) values[name].push_back(value);
  }
  if (!ranks->is_first()) return outcome;
  std::erase_if(values, [](const auto& entry) { return entry.first.starts_with("eval_samples"); });
  for (const auto& [name, each] : values) outcome.eval[name] = seed_statistics(each);
  write_statistics(fs::path(config.output_dir) / "seeds.json", seeds, values, outcome);
  return outcome;
}

}  // namespace rpp
