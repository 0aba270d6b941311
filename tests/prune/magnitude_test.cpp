#include "rpp/prune/magnitude.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include <limits>

#include "rpp/core/error.h"

namespace rpp {
namespace {

const std::vector<FlatMatrix> kOneRow = {{"w", 0, 1, 6}};

torch::Tensor keep_all() {
  return torch::ones({6}, torch::kUInt8);
}

torch::Tensor bits(std::vector<int64_t> values) {
  return torch::tensor(values).to(torch::kUInt8);
}

TEST(PruneSmallest, TheSmallestMagnitudesGo) {
  const auto weights = torch::tensor({0.3F, -0.1F, 0.2F, -0.6F, 0.5F, -0.4F});
  EXPECT_TRUE(
      prune_smallest(weights, keep_all(), kOneRow, 0.5, Ranking::matrix).equal(bits({0, 0, 0, 1, 1, 1})));
}

TEST(PruneSmallest, AmongEqualsTheLowerIndexGoes) {
  const auto weights = torch::tensor({0.2F, -0.2F, 0.2F, 0.1F, -0.2F, 0.2F});
  EXPECT_TRUE(
      prune_smallest(weights, keep_all(), kOneRow, 0.5, Ranking::matrix).equal(bits({0, 0, 1, 0, 1, 1})));
}

TEST(PruneSmallest, EntriesAlreadyPrunedCountFirstAndStay) {
  const auto weights = torch::tensor({0.0F, 0.3F, 0.0F, 0.5F, 0.4F, 0.0F});
  const auto pruned = prune_smallest(weights, bits({1, 1, 1, 1, 1, 0}), kOneRow, 1.0 / 3, Ranking::matrix);
  EXPECT_TRUE(pruned.equal(bits({0, 1, 1, 1, 1, 0})));
}

TEST(PruneSmallest, ALowerRatioPrunesNothingMore) {
  const auto weights = torch::tensor({0.1F, 0.2F, 0.3F, 0.4F, 0.5F, 0.6F});
  const auto keep = bits({1, 1, 1, 0, 0, 0});
  EXPECT_TRUE(prune_smallest(weights, keep, kOneRow, 0.2, Ranking::global).equal(keep));
}

TEST(PruneSmallest, AllAndNothingAreRatiosToo) {
  const auto weights = torch::tensor({0.1F, 0.2F, 0.3F, 0.4F, 0.5F, 0.6F});
  EXPECT_TRUE(prune_smallest(weights, keep_all(), kOneRow, 0.0, Ranking::matrix).equal(keep_all()));
  EXPECT_FALSE(prune_smallest(weights, keep_all(), kOneRow, 1.0, Ranking::matrix).any().item<bool>());
}

TEST(PruneSmallest, AWeightThatIsNotFiniteIsRefusedByMatrix) {
  auto weights = torch::ones({6});
  weights[3] = std::numeric_limits<float>::quiet_NaN();
  try {
    prune_smallest(weights, keep_all(), {{"query", 0, 1, 3}, {"key", 3, 1, 3}}, 0.5, Ranking::global);
    FAIL() << "accepted";
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("weights of key"), std::string::npos) << error.what();
  }
}

}  // namespace
}  // namespace rpp
