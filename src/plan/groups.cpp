#include "plan/groups.h"

#include <fnmatch.h>

#include <algorithm>
#include <map>
#include <optional>
#include <string>

#include "core/named_number.h"
#include "rpp/error.h"

namespace rpp {
namespace {

bool matches(const std::string& pattern, const FlatMatrix& matrix) {
  return ::fnmatch(pattern.c_str(), matrix.name.c_str(), 0) == 0;
}

// The name of the result is the pattern.
NamedNumber parse_ratio(const std::string& entry) {
  const auto parsed = parse_named_number(entry);
  if (!parsed || !(parsed->number >= 0 && parsed->number < 1)) {
    fail_usage("prune.ratios: '{}' must read pattern=ratio with a ratio in [0, 1): \"*.query.*=0.9\"", entry);
  }
  return *parsed;
}

void check_pattern(const char* key, const std::string& pattern, const std::vector<FlatMatrix>& matrices) {
  if (std::any_of(matrices.begin(), matrices.end(), [&](const auto& m) { return matches(pattern, m); }))
    return;
  fail_usage("{}: '{}' matches no matrix; the matrices are named like {}", key, pattern,
             matrices.empty() ? "none" : matrices.front().name);
}

// Empty: excluded.
std::optional<double> target_of(const FlatMatrix& matrix, const PruneConfig& config,
                                const std::vector<NamedNumber>& ratios) {
  for (const auto& pattern : config.exclude) {
    if (matches(pattern, matrix)) return std::nullopt;
  }
  for (const auto& own : ratios) {
    if (matches(own.name, matrix)) return own.number;
  }
  return config.target_ratio;
}

}  // namespace

int64_t PruneGroup::size() const {
  int64_t entries = 0;
  for (const auto& matrix : matrices) entries += matrix.rows * matrix.cols;
  return entries;
}

void check_block(int64_t block, const std::vector<FlatMatrix>& matrices) {
  if (block != 1 && block != 4 && block != 8 && block != 16)
    fail_usage("weights are pruned in blocks of 1, 4, 8 or 16, not of {}", block);
  for (const auto& matrix : matrices) {
    if (matrix.cols % block == 0) continue;
    fail_usage("{} has {} inputs, which blocks of {} do not divide: set prune.block to 1", matrix.name,
               matrix.cols, block);
  }
}

std::vector<PruneGroup> prune_groups(const PruneConfig& config, const std::vector<FlatMatrix>& matrices,
                                     Ranking ranking) {
  check_block(config.block, matrices);
  std::vector<NamedNumber> ratios;
  for (const auto& entry : config.ratios) ratios.push_back(parse_ratio(entry));
  for (const auto& own : ratios) check_pattern("prune.ratios", own.name, matrices);
  for (const auto& pattern : config.exclude) check_pattern("prune.exclude", pattern, matrices);

  std::vector<PruneGroup> groups;
  std::map<double, size_t> group_of;  // target -> index, of global ranking
  for (const auto& matrix : matrices) {
    const auto target = target_of(matrix, config, ratios);
    if (!target) continue;
    const auto [found, is_new] = group_of.try_emplace(*target, groups.size());
    if (is_new || ranking == Ranking::matrix) {
      groups.push_back({.matrices = {}, .target_ratio = *target, .block = config.block});
      found->second = groups.size() - 1;
    }
    groups[found->second].matrices.push_back(matrix);
  }
  if (groups.empty()) fail_usage("prune.exclude leaves no matrix to prune: set prune.method to dense");
  return groups;
}

double target_ratio(const PruneConfig& config, const std::vector<FlatMatrix>& matrices) {
  if (config.method == PruneMethod::dense || config.method == PruneMethod::fixed) return 0;
  double zeros = 0, entries = 0;
  for (const PruneGroup& group : prune_groups(config, matrices, Ranking::matrix)) {
    zeros += group.target_ratio * static_cast<double>(group.size());
  }
  for (const FlatMatrix& matrix : matrices) entries += static_cast<double>(matrix.rows * matrix.cols);
  return entries > 0 ? zeros / entries : 0;
}

}  // namespace rpp
