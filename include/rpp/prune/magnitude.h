// Exact magnitude pruning: the smallest |w| go, as many as the ratio says, never more and never fewer.
#pragma once

#include <torch/types.h>

#include <vector>

#include "rpp/optim/flat_params.h"

namespace rpp {

enum class Ranking { matrix, global };  // prune.ranking: the ratio holds in every matrix, or over all of them

// A new u8 mask [num_prunable] in which `ratio` of the entries are pruned (0), counted per matrix or over all
// of them, rounded to the nearest whole entry. Entries that `keep` prunes stay pruned, even where they are
// more than the ratio asks for; among the others the smallest |weight| go first, ties by lower index.
// weights: fp32 [num_prunable]. Throws Error when a weight is not finite.
torch::Tensor prune_smallest(const torch::Tensor& weights, const torch::Tensor& keep,
                             const std::vector<FlatMatrix>& matrices, double ratio, Ranking ranking);

}  // namespace rpp
