#include "ops/dropout.h"

#include "ops/compare.h"
#include "ops/composite.h"
#include "ops/dropout_mask.h"

namespace rpp {
namespace {

torch::Tensor factors(const std::vector<int64_t>& shape, double rate, uint64_t seed) {
  auto mask = torch::empty(shape, torch::kFloat64);
  for (int64_t i = 0; i < mask.numel(); ++i) {
    mask.mutable_data_ptr<double>()[i] = dropout_factor(dropout_rule(rate, seed), static_cast<uint64_t>(i));
  }
  return mask;
}

TEST(Dropout, AppliesTheMaskOfItsSeedForwardAndBackward) {
  for (const std::vector<int64_t>& shape : {std::vector<int64_t>{1}, {7, 33}, {129, 255}}) {
    const ReferenceTest test = {[](const Tensors& in) { return rpp::dropout(in[0], 0.1, uint64_t{5}); },
                                [&](const Tensors& in) { return in[0] * factors(shape, 0.1, 5); },
                                {random_tensor(shape, 1)},
                                {true}};
    test.run_in_both_precisions();
  }
}

TEST(Dropout, DropsTheGivenFractionAndKeepsTheMean) {
  const auto ones = torch::ones({400, 500});
  for (const auto& dropped :
       {rpp::dropout(ones, 0.1, uint64_t{3}), composite::dropout(ones, 0.1, uint64_t{3})}) {
    EXPECT_NEAR((dropped == 0).to(torch::kFloat64).mean().item<double>(), 0.1, 0.003);
    EXPECT_NEAR(dropped.mean().item<double>(), 1.0, 0.003);
  }
}

TEST(Dropout, IsAFunctionOfTheSeed) {
  const auto ones = torch::ones({1000});
  EXPECT_TRUE(torch::equal(rpp::dropout(ones, 0.5, uint64_t{3}), rpp::dropout(ones, 0.5, uint64_t{3})));
  EXPECT_FALSE(torch::equal(rpp::dropout(ones, 0.5, uint64_t{3}), rpp::dropout(ones, 0.5, uint64_t{4})));
  EXPECT_TRUE(
      torch::equal(composite::dropout(ones, 0.5, uint64_t{3}), composite::dropout(ones, 0.5, uint64_t{3})));
}

TEST(Dropout, ReadsASeedInMemoryAtEachCall) {
  const auto ones = torch::ones({1000});
  const auto memory = torch::full({}, 3, torch::kInt64);
  EXPECT_TRUE(torch::equal(rpp::dropout(ones, 0.5, DropoutSeed(memory)), rpp::dropout(ones, 0.5, 3)));
  memory.fill_(4);
  EXPECT_TRUE(torch::equal(rpp::dropout(ones, 0.5, DropoutSeed(memory)), rpp::dropout(ones, 0.5, 4)));
  EXPECT_TRUE(
      torch::equal(composite::dropout(ones, 0.5, DropoutSeed(memory)), composite::dropout(ones, 0.5, 4)));
}

TEST(Dropout, LeavesTorchsOwnGeneratorAlone) {
  torch::manual_seed(1);
  const auto before = torch::rand({4});
  torch::manual_seed(1);
  rpp::dropout(torch::ones({1000}), 0.5, uint64_t{3});
  composite::dropout(torch::ones({1000}), 0.5, uint64_t{3});
  EXPECT_TRUE(torch::equal(before, torch::rand({4})));
}

}  // namespace
}  // namespace rpp
