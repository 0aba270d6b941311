#include "train/tensors.h"

#include <gtest/gtest.h>

#include "data/fake_tokenizer.h"
#include "ops/torch.h"

namespace rpp::test {
namespace {

TEST(Tensors, EveryDtypeRoundTripsBitForBit) {
  const TestDir dir("tensors");
  const NamedTensors tensors = {
      {"f32", torch::tensor({1.5F, -0.0F})},         {"bf16", torch::tensor({1.5F}).to(torch::kBFloat16)},
      {"i64", torch::arange(6).view({2, 3})},        {"u8", torch::ones({3}, torch::kUInt8)},
      {"view", torch::arange(6.0).view({2, 3}).t()}, {"empty", torch::empty({0, 4})}};
  save_tensors(dir / "t.safetensors", tensors);
  const auto loaded = load_tensors(dir / "t.safetensors");
  for (const auto& [name, tensor] : tensors) {
    EXPECT_EQ(loaded.at(name).sizes(), tensor.sizes()) << name;
    EXPECT_EQ(loaded.at(name).scalar_type(), tensor.scalar_type()) << name;
    EXPECT_TRUE(loaded.at(name).equal(tensor)) << name;
  }
  EXPECT_TRUE(loaded.at("f32").signbit()[1].item<bool>());
}

TEST(Tensors, AnUnsupportedDtypeIsNamed) {
  const TestDir dir("tensors_dtype");
  EXPECT_EQ(message_of([&] {
              save_tensors(dir / "t", {{"c", torch::zeros({1}, torch::kComplexFloat)}});
            }),
            "tensor 'c' is ComplexFloat, which a safetensors file cannot hold");
}

TEST(Tensors, ValuesOfScalarsAreReadInTheirOrder) {
  const auto values = values_of(
      {{"loss", torch::tensor(0.5F)}, {"accuracy", torch::tensor(0.25F)}, {"loss", torch::tensor(2.0F)}});
  EXPECT_EQ(values,
            (std::vector<std::pair<std::string, double>>{{"loss", 0.5}, {"accuracy", 0.25}, {"loss", 2.0}}));
  EXPECT_TRUE(values_of({}).empty());
}

TEST(Tensors, SeedsKeepTheirBitsAndFloatsTheirValues) {
  const auto seeds = seed_tensor({1, ~uint64_t{0}}, torch::kCPU);
  EXPECT_TRUE(torch::equal(seeds, torch::tensor({1, -1}, torch::kInt64)));
  EXPECT_TRUE(torch::equal(float_tensor({1.5F, -2.0F}, torch::kCPU), torch::tensor({1.5F, -2.0F})));
}

TEST(BertInputs, LayoutHasOffsetsAndTheLongestLength) {
  PackedBatch batch;
  batch.input_ids = {2, 5, 3, 2, 3};
  batch.token_type_ids = {0, 0, 0, 0, 0};
  batch.position_ids = {0, 1, 2, 0, 1};
  batch.cu_seqlens = {0, 3, 5};
  const BertInputs inputs = bert_inputs(batch, torch::kCPU);
  EXPECT_EQ(inputs.layout.max_seqlen, 3);
  EXPECT_TRUE(inputs.layout.cu_seqlens.equal(torch::tensor({0, 3, 5}, torch::kInt32)));
  EXPECT_EQ(inputs.input_ids.scalar_type(), torch::kInt64);
}

TEST(CheckFiniteRows, NamesTheFirstNonFiniteRow) {
  auto logits = torch::zeros({3, 2});
  EXPECT_NO_THROW(check_finite_rows(logits, 64, "example"));
  logits[2][0] = INFINITY;
  logits[1][1] = -INFINITY;
  const std::string message = message_of([&] { check_finite_rows(logits, 64, "example"); });
  EXPECT_NE(message.find("the logits of example 65 are not finite (-inf)"), std::string::npos) << message;
}

}  // namespace
}  // namespace rpp::test
