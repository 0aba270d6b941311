#include "model/init.h"

#include <gtest/gtest.h>

#include <map>

#include "bert_format/model_config.h"
#include "message_of.h"
#include "model/golden.h"

namespace rpp {
namespace {

const ModelConfig kSmall = {.vocab_size = 211,
                            .hidden_size = 32,
                            .num_hidden_layers = 2,
                            .num_attention_heads = 4,
                            .intermediate_size = 48};

std::map<std::string, torch::Tensor> initial_weights(const HeadSpec& heads, uint64_t seed) {
  Bert model(kSmall, heads);
  initialize(model, seed);
  std::map<std::string, torch::Tensor> weights;
  for (const auto& weight : model.named_weights()) weights.emplace(weight.name, weight.tensor.clone());
  return weights;
}

TEST(Initialize, MatricesAreTruncatedNormalAtTwoStandardDeviations) {
  const auto words = initial_weights({}, 7).at("bert.embeddings.word_embeddings.weight").slice(0, 1);
  EXPECT_LE(words.abs().max().item<float>(), 2 * 0.02F);
  EXPECT_GT(words.abs().max().item<float>(), 1.9 * 0.02F);
  EXPECT_NEAR(words.mean().item<float>(), 0.0, 0.001);
  // A normal distribution truncated at two standard deviations has 0.88 of its deviation.
  EXPECT_NEAR(words.std().item<float>(), 0.88 * 0.02, 0.0005);
}

TEST(Initialize, BiasesAndThePaddingRowAreZeroAndLayerNormWeightsAreOne) {
  const auto weights = initial_weights({}, 7);
  EXPECT_EQ(weights.at("bert.embeddings.word_embeddings.weight")[0].abs().sum().item<float>(), 0.0F);
  EXPECT_EQ(weights.at("bert.encoder.layer.1.attention.self.query.bias").abs().sum().item<float>(), 0.0F);
  EXPECT_TRUE(torch::equal(weights.at("bert.embeddings.LayerNorm.weight"), torch::ones({32})));
}

TEST(Initialize, TheSameSeedGivesTheSameWeightsWithAnyHeads) {
  const auto bare = initial_weights({.pooler = false}, 7);
  const auto full = initial_weights({.pretraining = true, .num_labels = 3}, 7);
  for (const auto& [name, weight] : bare) EXPECT_TRUE(torch::equal(weight, full.at(name))) << name;
}

TEST(Initialize, WeightsDependOnSeedAndName) {
  const auto weights = initial_weights({}, 7);
  const std::string query = "bert.encoder.layer.0.attention.self.query.weight";
  EXPECT_FALSE(torch::equal(weights.at(query), initial_weights({}, 8).at(query)));
  EXPECT_FALSE(torch::equal(weights.at(query), weights.at("bert.encoder.layer.0.attention.self.key.weight")));
}

std::map<std::string, torch::Tensor> top_anew(Bert& model, int64_t layers) {
  initialize_top(model, layers, 9);
  std::map<std::string, torch::Tensor> weights;
  for (const auto& weight : model.named_weights()) weights.emplace(weight.name, weight.tensor.clone());
  return weights;
}

TEST(InitializeTop, ReinitialisesOnlyTheTopLayersAndThePooler) {
  Bert model(kSmall, {.num_labels = 2});
  initialize(model, 7);
  const auto before = initial_weights({.num_labels = 2}, 7), anew = initial_weights({.num_labels = 2}, 9);
  const auto after = top_anew(model, 1);
  for (const auto& [name, weight] : after) {
    const bool on_top = name.starts_with("bert.encoder.layer.1.") || name.starts_with("bert.pooler.");
    EXPECT_TRUE(torch::equal(weight, (on_top ? anew : before).at(name))) << name;
  }
}

TEST(InitializeTop, KeepsZeros) {
  Bert model(kSmall, {});
  initialize(model, 7);
  const std::string query = "bert.encoder.layer.1.attention.self.query.weight";
  for (const auto& weight : model.named_weights()) {
    const torch::NoGradGuard no_grad;
    if (weight.name == query) weight.tensor[3].zero_();
  }
  const auto weight = top_anew(model, 2).at(query);
  EXPECT_EQ(weight.eq(0).sum().item<int64_t>(), 32);
  EXPECT_EQ(weight[3].abs().sum().item<float>(), 0.0F);
}

TEST(InitializeTop, RefusesMoreLayersThanTheModelHas) {
  Bert model(kSmall, {});
  EXPECT_EQ(message_of([&] { initialize_top(model, 3, 1); }), "3 layers to re-initialise, the model has 2");
}

}  // namespace
}  // namespace rpp
