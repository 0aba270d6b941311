// Which matrices are pruned to which ratio: prune.target_ratio, prune.exclude, prune.ratios, prune.ranking.
// Without Torch.
#pragma once

#include <cstdint>
#include <vector>

#include "plan/flat_matrix.h"
#include "rpp/prune_config.h"

namespace rpp {

// Matrices that share a target and, where magnitudes are ranked, one ranking.
struct PruneGroup {
  std::vector<FlatMatrix> matrices;
  double target_ratio = 0;  // zeros over the group's entries at the end

  int64_t size() const;
};

enum class Ranking { matrix, global };  // one group for every matrix, or one for all of one target
Ranking ranking_of(const PruneConfig& config);

// Every matrix that is pruned, in one group; those of prune.exclude in none. Patterns hold * ? and [], and
// match the whole name. The first pattern of prune.ratios that matches counts, prune.exclude before it.
// Throws UsageError for a pattern that matches no matrix (naming one that exists), an entry without ratio or
// with one outside [0, 1), and where nothing is left to prune.
std::vector<PruneGroup> prune_groups(const PruneConfig& config, const std::vector<FlatMatrix>& matrices,
                                     Ranking ranking);

// Zeros over all prunable entries where every group is at its target: what the run's encoder ratio should be.
// Matrices of prune.exclude count as dense. 0 for the methods that have no target. Throws as prune_groups
// does.
double target_ratio(const PruneConfig& config, const std::vector<FlatMatrix>& matrices);

}  // namespace rpp
