#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "bert_format/model_config.h"
#include "model/bert.h"
#include "rpp/error.h"

namespace rpp {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

const ModelConfig kSmall = {.vocab_size = 50,
                            .hidden_size = 8,
                            .num_hidden_layers = 1,
                            .num_attention_heads = 2,
                            .intermediate_size = 12};

struct Counts {
  int64_t all = 0;
  int64_t prunable = 0;
};

Counts count(Bert& model) {
  Counts counts;
  for (const auto& spec : model.param_specs()) {
    counts.all += spec.param.numel();
    if (spec.group == ParamGroup::prunable) counts.prunable += spec.param.numel();
  }
  return counts;
}

std::string error_of(const ModelConfig& config, const HeadSpec& heads) {
  try {
    const Bert model(config, heads);
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

// Encoder and pooler have 109,482,240 parameters; the transform, its LayerNorm, the masked-LM bias and the
// next-sentence head add 590,592 + 1,536 + 30,522 + 1,538.
TEST(BertParams, BertBaseHasThePublishedParameterCounts) {
  Bert bare(ModelConfig{}, {});
  EXPECT_EQ(count(bare).all, 109'482'240);
  EXPECT_EQ(count(bare).prunable, 84'934'656);
  Bert with_heads(ModelConfig{}, {.pretraining = true});
  EXPECT_EQ(count(with_heads).all, 110'106'428);
  EXPECT_EQ(count(with_heads).prunable, 84'934'656);
}

TEST(BertParams, EveryParameterIsInOneGroup) {
  Bert model(kSmall, {.pretraining = true, .num_labels = 3});
  for (const auto& spec : model.param_specs()) {
    const bool is_vector = spec.name.ends_with("bias") || spec.name.ends_with("LayerNorm.weight");
    const bool in_encoder = spec.name.starts_with("bert.encoder.");
    const auto wanted = is_vector    ? ParamGroup::undecayed
                        : in_encoder ? ParamGroup::prunable
                                     : ParamGroup::decayed;
    EXPECT_EQ(spec.group, wanted) << spec.name;
    EXPECT_EQ(spec.matrices.empty(), spec.group != ParamGroup::prunable) << spec.name;
  }
}

TEST(BertParams, ALayerHasSixPrunableMatricesWithTransformersNames) {
  Bert model(kSmall, {});
  std::vector<std::string> names;
  for (const auto& spec : model.param_specs()) {
    for (const auto& matrix : spec.matrices) names.push_back(matrix.name);
  }
  EXPECT_THAT(names, ElementsAre("bert.encoder.layer.0.attention.self.query.weight",
                                 "bert.encoder.layer.0.attention.self.key.weight",
                                 "bert.encoder.layer.0.attention.self.value.weight",
                                 "bert.encoder.layer.0.attention.output.dense.weight",
                                 "bert.encoder.layer.0.intermediate.dense.weight",
                                 "bert.encoder.layer.0.output.dense.weight"));
}

TEST(BertParams, NamedWeightsShareTheModelsMemory) {
  Bert model(kSmall, {});
  const torch::NoGradGuard no_grad;
  for (const auto& weight : model.named_weights()) weight.tensor.fill_(2.0F);
  for (const auto& spec : model.param_specs()) EXPECT_EQ(spec.param.min().item<float>(), 2.0F) << spec.name;
}

TEST(BertParams, HeadsThatDoNotDivideTheHiddenSizeAreRefused) {
  auto config = kSmall;
  config.num_attention_heads = 3;
  EXPECT_THAT(error_of(config, {}), HasSubstr("hidden_size 8 is not a multiple of num_attention_heads 3"));
}

TEST(BertParams, AClassifierWithoutThePoolerIsRefused) {
  EXPECT_THAT(error_of(kSmall, {.num_labels = 2, .pooler = false}), HasSubstr("need the pooler"));
}

TEST(BertParams, DepthCountsLayersDownFromTheHeads) {
  ModelConfig config = kSmall;
  config.num_hidden_layers = 3;
  Bert model(config, {.num_labels = 2});
  std::map<std::string, int64_t> depths;
  for (const auto& spec : model.param_specs()) depths[spec.name] = spec.depth;
  EXPECT_EQ(depths.at("classifier.weight"), 0);
  EXPECT_EQ(depths.at("bert.pooler.dense.bias"), 0);
  EXPECT_EQ(depths.at("bert.encoder.layer.2.output.LayerNorm.weight"), 1);
  EXPECT_EQ(depths.at("bert.encoder.layer.0.attention.self.qkv.weight"), 3);
  EXPECT_EQ(depths.at("bert.embeddings.word_embeddings.weight"), 4);
}

}  // namespace
}  // namespace rpp
