// Prune ratios per matrix: prune.target_ratio, prune.exclude, prune.ratios, prune.ranking. Without Torch.
#pragma once

#include <cstdint>
#include <vector>

#include "rpp/flat_matrix.h"
#include "rpp/prune_config.h"

namespace rpp {

// Matrices that share a target and, if magnitudes are ranked, one ranking.
struct PruneGroup {
  std::vector<FlatMatrix> matrices;
  double target_ratio = 0;  // zeros over the group's entries at the end
  int64_t block = 1;        // neighbours of a row that are pruned together (prune.block)

  int64_t size() const;
};

// Throws UsageError if `block` is not 1, 4, 8 or 16, or does not divide the columns of a matrix, naming it.
void check_block(int64_t block, const std::vector<FlatMatrix>& matrices);

// Every pruned matrix is in one group; those of prune.exclude are in none. Patterns support * ? and [], and
// match the whole name. The first matching pattern of prune.ratios wins, prune.exclude before it. With a
// global ranking, matrices with the same target are one group, else each is its own. Throws UsageError for a
// pattern that matches no matrix (naming one that exists), an entry without a ratio or with one outside [0,
// 1), if nothing is left to prune, and as check_block does.
std::vector<PruneGroup> prune_groups(const PruneConfig& config, const std::vector<FlatMatrix>& matrices,
                                     Ranking ranking);

// Zeros over all prunable entries when every group is at its target: the expected encoder ratio of the run.
// Matrices of prune.exclude count as dense. 0 for methods without a target. Throws as prune_groups does.
double target_ratio(const PruneConfig& config, const std::vector<FlatMatrix>& matrices);

}  // namespace rpp
