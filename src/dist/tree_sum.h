// A sum over ranks in a fixed order.
#pragma once

#include <torch/types.h>

#include "dist/communicator.h"

namespace rpp {

// In place, over a power of two of ranks, by a binary tree: neighbours first, then pairs of pairs. All ranks
// get the same bits. The tensor is flat. Throws as Communicator does.
void tree_sum(Communicator& ranks, const torch::Tensor& tensor);

}  // namespace rpp
