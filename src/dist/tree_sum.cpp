#include "dist/tree_sum.h"

#include <ATen/ATen.h>

#include <algorithm>

namespace rpp {
namespace {

constexpr int64_t kBlock = 1 << 20;  // entries per message: bounds the memory of what is received

}  // namespace

// Recursive doubling: both ranks of a pair add the same two sums, and a + b has the bits of b + a.
void tree_sum(Communicator& ranks, const torch::Tensor& tensor) {
  for (int64_t first = 0; first < tensor.numel(); first += kBlock) {
    auto block = tensor.narrow(0, first, std::min(kBlock, tensor.numel() - first));
    for (int64_t distance = 1; distance < ranks.size(); distance *= 2) {
      block.add_(ranks.exchange(block, ranks.rank() ^ distance));
    }
  }
}

}  // namespace rpp
