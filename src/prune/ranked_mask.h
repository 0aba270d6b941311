// Moves a mask towards the target ratios by rank of a score: shared by all methods that keep the best
// weights.
#pragma once

#include <torch/types.h>

#include <vector>

#include "plan/groups.h"
#include "plan/magnitude.h"

namespace rpp {

class RankedMask {
 public:
  // `start`: u8 [num_prunable], entries pruned initially. Throws UsageError when they exceed the targets.
  RankedMask(const std::vector<PruneGroup>& groups, const torch::Tensor& start);

  // A copy of `keep` (on any device), pruned to `share` of the way from the start to the targets. scores:
  // fp32 [num_prunable]; blocks are ranked by the root of their mean square, and only whole blocks are
  // pruned.
  torch::Tensor prune(const torch::Tensor& keep, const torch::Tensor& scores, double share,
                      RankBy rank_by = RankBy::magnitude) const;

  // Their blocks are entries here.
  const std::vector<PruneGroup>& groups() const { return groups_; }

 private:
  int64_t block_;
  std::vector<PruneGroup> groups_;
  std::vector<int64_t> start_;  // blocks of each group that are pruned at the start
};

}  // namespace rpp
