#include "dist/tree_sum.h"

#include <gtest/gtest.h>

#include "dist/gather_values.h"
#include "thread_ranks.h"

namespace rpp::test {
namespace {

// Values whose sum depends on the order of the additions.
torch::Tensor values_of(int64_t rank, int64_t size) {
  return torch::arange(1, size + 1, torch::kFloat32).div(static_cast<double>(3 + 7 * rank)).pow(3);
}

std::vector<torch::Tensor> tree_sums(int64_t num_ranks, int64_t size) {
  return on_thread_ranks<torch::Tensor>(num_ranks, [size](Communicator& ranks) {
    auto tensor = values_of(ranks.rank(), size);
    tree_sum(ranks, tensor);
    return tensor;
  });
}

TEST(TreeSum, AddsNeighboursFirstOnEveryRank) {
  const auto v = [](int64_t rank) { return values_of(rank, 1000); };
  const auto tree = ((v(0) + v(1)) + (v(2) + v(3))) + ((v(4) + v(5)) + (v(6) + v(7)));
  const auto in_order = v(0) + v(1) + v(2) + v(3) + v(4) + v(5) + v(6) + v(7);
  EXPECT_FALSE(tree.equal(in_order));
  for (const auto& sum : tree_sums(8, 1000)) EXPECT_TRUE(sum.equal(tree));
}

TEST(TreeSum, SumsLargerThanAMessageAreWhole) {
  const int64_t size = (1 << 20) + 3;
  for (const auto& sum : tree_sums(2, size)) EXPECT_TRUE(sum.equal(values_of(0, size) + values_of(1, size)));
}

TEST(TreeSum, OneRankKeepsItsValues) {
  EXPECT_TRUE(tree_sums(1, 5).front().equal(values_of(0, 5)));
}

TEST(GatherValues, EveryRankHasTheValuesOfAllInTheirOrder) {
  const auto results = on_thread_ranks<std::vector<double>>(3, [](Communicator& ranks) {
    // Rank 1 has none.
    return gather_values(ranks,
                         ranks.rank() == 1 ? std::vector<double>() : std::vector{0.1, 1.0 * ranks.rank()});
  });
  for (const auto& values : results) EXPECT_EQ(values, (std::vector{0.1, 0.0, 0.1, 2.0}));
}

}  // namespace
}  // namespace rpp::test
