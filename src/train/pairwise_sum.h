// A sum of tensors in a fixed order: a binary tree over leaves that come one after the other.
//
// The gradients of a batch in 2^n parts are added by this tree. A rank that has 2^k neighbouring parts
// computes a whole subtree, and tree_sum (dist/tree_sum.h) the tree over the ranks: so every number of ranks
// makes the same additions.
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <vector>

namespace rpp {

class PairwiseSum {
 public:
  // Copies the values, unless they are added to those of the leaf before. At most log2(leaves) copies are
  // held.
  void add(const torch::Tensor& leaf);

  // The sum of 2^n leaves.
  const torch::Tensor& total() const;

 private:
  std::vector<torch::Tensor> subtrees_;  // sums of whole subtrees, the largest first
  int64_t num_leaves_ = 0;
};

}  // namespace rpp
