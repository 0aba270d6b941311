#include "rpp/flat_params.h"

#include <gtest/gtest.h>

#include "message_of.h"
#include "ops/torch.h"
#include "rpp/error.h"
#include "some_params.h"

namespace rpp::test {
namespace {

TEST(FlatParams, TheOrderIsPrunableThenDecayedThenUndecayed) {
  const FlatParams params(some_params());
  std::vector<std::string> names;
  int64_t next = 0;
  for (const auto& entry : params.entries()) {
    names.push_back(entry.name);
    EXPECT_EQ(entry.offset, next);
    next += entry.numel;
  }
  EXPECT_EQ(names, (std::vector<std::string>{"qk", "out", "table", "bias"}));
  EXPECT_EQ(params.num_prunable(), kPrunable);
  EXPECT_EQ(params.num_decayed(), kDecayed);
  EXPECT_EQ(params.size(), kAll);
}

TEST(FlatParams, MatricesAreRowsOfTheirParameter) {
  const auto specs = some_params();
  const FlatParams params(specs);
  ASSERT_EQ(params.matrices().size(), 3U);
  const auto& key = params.matrices()[1];
  EXPECT_EQ(key.name, "key");
  const auto values = params.values().narrow(0, key.offset, key.rows * key.cols).view({key.rows, key.cols});
  EXPECT_TRUE(values.equal(specs[1].param.detach().narrow(0, 3, 3)));
}

TEST(FlatParams, ValuesAreKeptAndTheTensorsBecomeViews) {
  auto specs = some_params();
  const auto bias = specs[0].param;  // the handle that a model holds
  const auto before = bias.detach().clone();
  const FlatParams params(specs);
  EXPECT_TRUE(bias.detach().equal(before));
  EXPECT_TRUE(bias.is_leaf() && bias.requires_grad());
  params.values()[kDecayed] = 42.0;
  EXPECT_EQ(bias[0].item<float>(), 42.0F);
  EXPECT_FALSE(params.values().requires_grad());
}

TEST(FlatParams, BackwardAccumulatesIntoTheBuffer) {
  auto specs = some_params();
  FlatParams params(specs);
  for (int pass = 0; pass < 2; ++pass) (3.0 * specs[2].param.sum()).backward();
  EXPECT_TRUE(params.grads().narrow(0, kPrunable, 12).equal(torch::full({12}, 6.0F)));
  EXPECT_EQ(params.grads().ne(0).sum().item<int64_t>(), 12);
  params.zero_grad();
  (3.0 * specs[2].param.sum()).backward();
  EXPECT_TRUE(params.grads().narrow(0, kPrunable, 12).equal(torch::full({12}, 3.0F)));
}

TEST(FlatParams, AForwardPassUsesTheValuesInTheBuffer) {
  auto specs = some_params();
  const FlatParams params(specs);
  params.values().fill_(2.0);
  EXPECT_EQ(specs[3].param.sum().item<float>(), 30.0F);
}

TEST(FlatParams, RefreshRoundsTheWeightsIntoTheWorkingCopy) {
  auto specs = some_params();
  torch::Tensor working;
  specs[1].working = &working;
  FlatParams params(specs, Precision::bf16);
  EXPECT_TRUE(working.equal(specs[1].param.detach().to(torch::kBFloat16)));
  params.values().fill_(1.0 + 1.0 / 1024);
  params.refresh_working();
  EXPECT_TRUE(working.equal(torch::ones({6, 7}, torch::kBFloat16)));
}

TEST(FlatParams, InFp32TheWorkingCopyIsRemoved) {
  auto specs = some_params();
  torch::Tensor working;
  specs[1].working = &working;
  { const FlatParams bf16(specs, Precision::bf16); }
  FlatParams params(specs, Precision::fp32);
  EXPECT_FALSE(working.defined());
  EXPECT_FALSE(params.working().defined());
  EXPECT_NO_THROW(params.refresh_working());
}

TEST(FlatParams, WithoutPrunableParametersTheSpanIsEmpty) {
  const FlatParams params({some_params()[0]});
  EXPECT_EQ(params.num_prunable(), 0);
  EXPECT_TRUE(params.matrices().empty());
}

TEST(FlatParams, UntrainableTensorsAreRefusedByName) {
  EXPECT_EQ(message_of([] { FlatParams({}); }), "the model has no parameters to train");
  auto half = some_params();
  half[2].param = torch::zeros({4, 3}, torch::kFloat16);
  EXPECT_EQ(message_of([&] { FlatParams{half}; }),
            "parameter table must be an fp32 leaf tensor to be trained");
  auto derived = some_params();
  derived[0].param = derived[0].param * 2;
  EXPECT_EQ(message_of([&] { FlatParams{derived}; }),
            "parameter bias must be an fp32 leaf tensor to be trained");
  auto undefined = some_params();
  undefined[0].param = torch::Tensor();
  EXPECT_EQ(message_of([&] { FlatParams{undefined}; }),
            "parameter bias must be an fp32 leaf tensor to be trained");
}

TEST(FlatParams, AParameterOnAnotherDeviceIsRefused) {
  auto specs = some_params();
  specs[2].param = torch::zeros({4, 3}, torch::device(torch::kMeta));
  EXPECT_EQ(message_of([&] { FlatParams{specs}; }),
            "parameter table is on meta, the first one on cpu: move the whole model");
}

TEST(FlatParams, MatricesMustCoverTheirParameterWithoutGaps) {
  auto gap = some_params();
  gap[1].matrices = {{"query", 0, 3, 7}, {"key", 4, 2, 7}};
  EXPECT_EQ(message_of([&] { FlatParams{gap}; }), "matrix key does not continue the rows of parameter qk");
  auto narrow = some_params();
  narrow[1].matrices = {{"query", 0, 3, 7}, {"key", 3, 3, 6}};
  EXPECT_EQ(message_of([&] { FlatParams{narrow}; }), "matrix key does not continue the rows of parameter qk");
  auto short_one = some_params();
  short_one[1].matrices = {{"query", 0, 3, 7}};
  EXPECT_EQ(message_of([&] { FlatParams{short_one}; }),
            "the matrices of prunable parameter qk must cover all of its rows");
  auto none = some_params();
  none[3].matrices = {};
  EXPECT_EQ(message_of([&] { FlatParams{none}; }),
            "the matrices of prunable parameter out must cover all of its rows");
}

}  // namespace
}  // namespace rpp::test
