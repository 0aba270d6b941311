// Exact pruning by rank: the smallest scores are pruned, exactly as many as the ratio requires. Without
// Torch.
#pragma once

#include <cstdint>
#include <span>

#include "plan/groups.h"

namespace rpp {

enum class RankBy { magnitude, value };  // |score|, or the score itself

// Prunes (keep = 0) in place so that `target` of the group's entries are pruned. Entries already pruned in
// keep stay pruned, even if they are more than that; of the others the smallest scores are pruned first, ties
// by position in the buffer. scores: [num_prunable], keep the same, 0 or 1. Scores are read in place, on all
// cores. Throws Error that names a matrix with non-finite scores.
void prune_smallest_into(std::span<uint8_t> keep, std::span<const float> scores, const PruneGroup& group,
                         int64_t target, RankBy rank_by = RankBy::magnitude);

// The number of pruned entries in the group.
int64_t count_pruned(std::span<const uint8_t> keep, const PruneGroup& group);

}  // namespace rpp
