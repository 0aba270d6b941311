#include "train/pairwise_sum.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

namespace rpp::test {
namespace {

// Values whose sum depends on the order of the additions.
std::vector<torch::Tensor> leaves(int64_t count) {
  std::vector<torch::Tensor> leaves;
  for (int64_t i = 0; i < count; ++i) {
    leaves.push_back(torch::arange(1, 1000, torch::kFloat32).div(static_cast<double>(3 + 7 * i)).pow(3));
  }
  return leaves;
}

torch::Tensor sum_of(const std::vector<torch::Tensor>& leaves) {
  PairwiseSum sum;
  for (const auto& leaf : leaves) sum.add(leaf);
  return sum.total();
}

// The definition.
torch::Tensor tree_of(const std::vector<torch::Tensor>& leaves) {
  if (leaves.size() == 1) return leaves.front();
  const auto middle = leaves.begin() + static_cast<std::ptrdiff_t>(leaves.size() / 2);
  return tree_of({leaves.begin(), middle}) + tree_of({middle, leaves.end()});
}

TEST(PairwiseSum, IsABinaryTree) {
  for (const int64_t count : {1, 2, 4, 8, 16, 32}) {
    EXPECT_TRUE(sum_of(leaves(count)).equal(tree_of(leaves(count)))) << count;
  }
}

// As ranks with several parts each do.
TEST(PairwiseSum, SumsOfSubtreesAreLeavesOfTheSameTree) {
  const auto all = leaves(8);
  const auto left = sum_of({all.begin(), all.begin() + 4}), right = sum_of({all.begin() + 4, all.end()});
  EXPECT_TRUE(sum_of({left, right}).equal(sum_of(all)));
}

TEST(PairwiseSum, LeavesKeepTheirValues) {
  const auto all = leaves(4);
  sum_of(all);
  for (size_t i = 0; i < all.size(); ++i) EXPECT_TRUE(all[i].equal(leaves(4)[i])) << i;
}

TEST(PairwiseSum, ALeafMayBeOverwrittenAfterwards) {
  auto buffer = torch::ones({3});
  PairwiseSum sum;
  for (int i = 0; i < 4; ++i) {
    sum.add(buffer);
    buffer.mul_(10);
  }
  EXPECT_TRUE(sum.total().equal(torch::full({3}, 1111.0F)));
}

}  // namespace
}  // namespace rpp::test
