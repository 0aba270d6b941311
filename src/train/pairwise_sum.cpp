#include "train/pairwise_sum.h"

#include <bit>
#include <cassert>

#include "ops/torch.h"

namespace rpp {

void PairwiseSum::add(const torch::Tensor& leaf) {
  if (num_leaves_++ % 2 == 0) {
    subtrees_.push_back(leaf.clone());
    return;
  }
  subtrees_.back().add_(leaf);
  for (int64_t leaves = num_leaves_; leaves % 4 == 0;
       leaves /= 2) {  // the last two subtrees are of equal size
    const auto right = subtrees_.back();
    subtrees_.pop_back();
    subtrees_.back().add_(right);
  }
}

const torch::Tensor& PairwiseSum::total() const {
  assert(std::has_single_bit(static_cast<uint64_t>(num_leaves_)));
  return subtrees_.front();
}

}  // namespace rpp
