// Exact pruning by rank: the smallest scores go, as many as the ratio says, never more and never fewer.
// Without Torch.
#pragma once

#include <cstdint>
#include <span>

#include "plan/groups.h"

namespace rpp {

enum class RankBy { magnitude, value };  // |score|, or the score itself

// Prunes (keep = 0) in place so that `target` of the group's entries are pruned. Entries that keep prunes
// already stay so, even where they are more than that; among the others the smallest scores go first, ties by
// place in the buffer. scores: [num_prunable], keep the same, 0 or 1. Scores are read in place, by all cores.
// Throws Error that names a matrix whose scores are not finite.
void prune_smallest_into(std::span<uint8_t> keep, std::span<const float> scores, const PruneGroup& group,
                         int64_t target, RankBy rank_by = RankBy::magnitude);

// Pruned entries of the group.
int64_t count_pruned(std::span<const uint8_t> keep, const PruneGroup& group);

}  // namespace rpp
