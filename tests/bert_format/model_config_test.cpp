#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "bert_format/model_config.h"
#include "config/load.h"
#include "rpp/error.h"

namespace rpp {
namespace {

using nlohmann::ordered_json;
using testing::StartsWith;

std::string error_of(std::string_view text) {
  try {
    model_config_from_json(text, "bert/config.json");
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

TEST(ModelJson, AbsentAndNullKeysHaveTransformersDefaults) {
  const auto config = model_config_from_json(R"({"hidden_size": 24, "pad_token_id": null})", "config.json");
  EXPECT_EQ(config.hidden_size, 24);
  EXPECT_EQ(config.pad_token_id, 0);
  EXPECT_EQ(config.vocab_size, 30522);
  EXPECT_EQ(config.layer_norm_eps, 1e-12);
}

TEST(ModelJson, UnknownKeysAreSkipped) {
  EXPECT_EQ(error_of(R"({"transformers_version": "5.0", "gradient_checkpointing": false, "x": [1]})"),
            "no error");
}

TEST(ModelJson, WhatIsWrittenReadsBack) {
  ModelConfig config;
  config.hidden_size = 24;
  config.initializer_range = 1.0 / 3;
  const auto again = model_config_from_json(to_json(config), "config.json");
  EXPECT_EQ(to_yaml(again), to_yaml(config));
}

TEST(ModelJson, WritesTheTypeTheFieldsAndTheExtraMembersInOrder) {
  const std::string text = to_json({}, {{"architectures", {"BertForPreTraining"}}});
  EXPECT_THAT(text, StartsWith("{\n  \"model_type\": \"bert\",\n  \"vocab_size\": 30522,\n"));
  const auto json = ordered_json::parse(text);
  EXPECT_EQ(json["layer_norm_eps"], 1e-12);
  EXPECT_EQ(json.back().dump(), R"(["BertForPreTraining"])");
  EXPECT_EQ(text.back(), '\n');
}

TEST(ModelJson, LayersMayHaveDifferentSizes) {
  ModelConfig config;
  config.num_hidden_layers = 2;
  config.layer_sizes = {
      {.num_attention_heads = 3, .query_key_dim = 5, .value_dim = 64, .intermediate_size = 800},
      {.num_attention_heads = 12, .query_key_dim = 64, .value_dim = 1, .intermediate_size = 8}};
  const auto again = model_config_from_json(to_json(config), "config.json");
  EXPECT_EQ(again.layer_sizes, config.layer_sizes);
  EXPECT_EQ(sizes_of_layer(again, 1).value_dim, 1);
  EXPECT_EQ(sizes_of_layer(ModelConfig(), 1),
            (LayerSizes{
                .num_attention_heads = 12, .query_key_dim = 64, .value_dim = 64, .intermediate_size = 3072}));
}

TEST(ModelJson, WrongLayerSizesAreNamed) {
  const std::string layer =
      R"({"num_attention_heads": 1, "query_key_dim": 1, "value_dim": 1, "intermediate_size": 0})";
  EXPECT_EQ(error_of(R"({"layer_sizes": 3})"),
            "bert/config.json: layer_sizes must be a list with an entry for each layer");
  EXPECT_EQ(error_of(R"({"layer_sizes": [3]})"),
            "bert/config.json: layer_sizes[0] is 3, it must be an object");
  EXPECT_EQ(error_of(R"({"layer_sizes": [{"num_attention_heads": 1}]})"),
            "bert/config.json: layer_sizes[0] has no query_key_dim");
  EXPECT_EQ(error_of(fmt::format(R"({{"layer_sizes": [{}]}})", layer)),
            "bert/config.json: layer_sizes[0]: intermediate_size is 0, it must be at least 1");
  EXPECT_EQ(
      error_of(R"({"num_hidden_layers": 2, "layer_sizes": [{"num_attention_heads": 1, "query_key_dim": 1,
                       "value_dim": 1, "intermediate_size": 8}]})"),
      "bert/config.json: layer_sizes has 1 entries, it must have one for each of the 2 layers");
}

// As transformers 4 writes it after prune_heads: a list of heads per layer, without repetition.
TEST(ModelJson, PrunedHeadsAreSizesOfLayers) {
  const auto config = model_config_from_json(
      R"({"num_hidden_layers": 3, "pruned_heads": {"0": [1, 3], "2": [0, 0, 11]}})", "config.json");
  ASSERT_EQ(config.layer_sizes.size(), 3U);
  EXPECT_EQ(config.num_attention_heads, 12);
  EXPECT_EQ(config.layer_sizes[0].num_attention_heads, 10);
  EXPECT_EQ(config.layer_sizes[0].query_key_dim, 64);
  EXPECT_EQ(config.layer_sizes[0].value_dim, 64);
  EXPECT_EQ(config.layer_sizes[0].intermediate_size, 3072);
  EXPECT_EQ(config.layer_sizes[1].num_attention_heads, 12);
  EXPECT_EQ(config.layer_sizes[2].num_attention_heads, 10);
}

TEST(ModelJson, NoPrunedHeadsAreAsIfTheKeyWereAbsent) {
  for (const char* none : {"{}", "null"}) {
    const auto text = fmt::format(R"({{"pruned_heads": {}}})", none);
    EXPECT_TRUE(model_config_from_json(text, "config.json").layer_sizes.empty());
  }
}

TEST(ModelJson, WrongPrunedHeadsAreNamed) {
  const auto error_of_heads = [](std::string_view heads) {
    return error_of(
        fmt::format(R"({{"num_hidden_layers": 2, "num_attention_heads": 3, "pruned_heads": {}}})", heads));
  };
  EXPECT_EQ(error_of_heads("[1]"),
            "bert/config.json: pruned_heads is [1], it must be an object of lists of heads");
  EXPECT_EQ(error_of_heads(R"({"0": 1})"),
            "bert/config.json: pruned_heads[\"0\"] is 1, it must be a list of heads");
  for (const char* layer : {"2", "-1", "x", "1x", ""}) {
    EXPECT_EQ(error_of_heads(fmt::format(R"({{"{}": [0]}})", layer)),
              fmt::format("bert/config.json: pruned_heads[\"{}\"]: the layers are 0 to 1", layer));
  }
  for (const char* head : {"3", "-1", "1.5", "\"1\"", "18446744073709551615"}) {
    EXPECT_EQ(error_of_heads(fmt::format(R"({{"0": [{}]}})", head)),
              fmt::format("bert/config.json: pruned_heads[\"0\"] lists {}, the heads are 0 to 2", head));
  }
  EXPECT_EQ(error_of_heads(R"({"1": [0, 1, 2]})"),
            "bert/config.json: pruned_heads[\"1\"] lists all heads, one must be left");
  EXPECT_EQ(error_of(R"({"num_hidden_layers": 1, "pruned_heads": {"0": [1]}, "layer_sizes": [{
                       "num_attention_heads": 1, "query_key_dim": 1, "value_dim": 1, "intermediate_size": 8}]})"),
            "bert/config.json has both pruned_heads and layer_sizes: remove one");
  EXPECT_EQ(error_of(R"({"num_hidden_layers": 2000000000, "pruned_heads": {"0": [1]}})"),
            "bert/config.json: num_hidden_layers is 2000000000, with pruned_heads at most 10000");
}

TEST(ModelJson, DamagedJsonNamesTheFile) {
  EXPECT_THAT(error_of("{\"hidden_size\": "), StartsWith("bert/config.json: broken JSON at byte "));
  EXPECT_EQ(error_of("[1]"), "bert/config.json holds no JSON object, but [1]");
}

TEST(ModelJson, OtherArchitecturesAreRefused) {
  EXPECT_EQ(error_of(R"({"model_type": "gpt2"})"),
            "bert/config.json: model_type is \"gpt2\", it must be bert, roberta, xlm-roberta, "
            "camembert, distilbert, electra or mpnet");
}

TEST(ModelJson, RobertasPositionsStartBehindItsPaddingToken) {
  const ModelConfig config = model_config_from_json(
      R"({"model_type": "xlm-roberta", "max_position_embeddings": 514, "pad_token_id": 1})", "config.json");
  EXPECT_EQ(first_position(config), 2);
  EXPECT_EQ(max_tokens(config), 512);
  EXPECT_NE(to_json(config).find("\"model_type\": \"xlm-roberta\""), std::string::npos);
  EXPECT_EQ(first_position(ModelConfig{}), 0);
  EXPECT_EQ(error_of(R"({"model_type": "roberta", "max_position_embeddings": 2})"),
            "bert/config.json: max_position_embeddings is 2, a roberta needs more than 2");
}

TEST(ModelJson, ElectrasEmbeddingsHaveASizeOfTheirOwn) {
  const ModelConfig config =
      model_config_from_json(R"({"model_type": "electra", "embedding_size": 64})", "config.json");
  EXPECT_EQ(embedding_dim(config), 64);
  EXPECT_EQ(config.hidden_size, 256);  // the defaults of ElectraConfig
  EXPECT_EQ(config.num_attention_heads, 4);
  EXPECT_EQ(embedding_dim(model_config_from_json(to_json(config), "config.json")), 64);
  EXPECT_EQ(embedding_dim(model_config_from_json(R"({"model_type": "electra"})", "config.json")), 128);
  EXPECT_EQ(embedding_dim(ModelConfig{}), 768);
  EXPECT_EQ(error_of(R"({"model_type": "electra", "embedding_size": 0})"),
            "bert/config.json: embedding_size is 0, it must be at least 1");
}

TEST(ModelJson, MpnetHasRelativePositionsWhateverItsPaddingToken) {
  const ModelConfig config = model_config_from_json(
      R"({"model_type": "mpnet", "max_position_embeddings": 514, "pad_token_id": 7})", "config.json");
  EXPECT_TRUE(has_relative_positions(config));
  EXPECT_FALSE(has_token_types(config));
  EXPECT_EQ(first_position(config), 2);
  EXPECT_EQ(config.vocab_size, 30527);
  const std::string json = to_json(config);
  EXPECT_NE(json.find("\"relative_attention_num_buckets\": 32"), std::string::npos);
  EXPECT_EQ(json.find("type_vocab_size"), std::string::npos);
  EXPECT_EQ(
      error_of(R"({"model_type": "mpnet", "relative_attention_num_buckets": 64})"),
      "bert/config.json: relative_attention_num_buckets is 64, only 32 is supported: MPNet computes with "
      "no other number");
  EXPECT_EQ(error_of(R"({"model_type": "mpnet", "pruned_heads": {"1": [0]}})"),
            "bert/config.json: layer_sizes has a layer of 11 heads, a mpnet has 12 in each, which one table "
            "serves");
}

TEST(ModelJson, DistilBertsKeysAreReadAndWritten) {
  const std::string text =
      R"({"model_type": "distilbert", "dim": 32, "n_layers": 3, "n_heads": 4, "hidden_dim": 48, "dropout": 0.2,
          "attention_dropout": 0.3, "activation": "gelu", "hidden_size": 99})";
  const ModelConfig config = model_config_from_json(text, "config.json");
  EXPECT_EQ(config.hidden_size, 32);
  EXPECT_EQ(config.num_hidden_layers, 3);
  EXPECT_EQ(config.num_attention_heads, 4);
  EXPECT_EQ(config.intermediate_size, 48);
  EXPECT_EQ(config.hidden_dropout_prob, 0.2);
  EXPECT_EQ(config.attention_probs_dropout_prob, 0.3);
  const auto saved = nlohmann::json::parse(to_json(config));
  EXPECT_EQ(saved["dim"], 32);
  EXPECT_FALSE(saved.contains("hidden_size"));
  EXPECT_FALSE(saved.contains("type_vocab_size"));
  EXPECT_EQ(error_of(R"({"model_type": "distilbert", "activation": "relu"})"),
            "bert/config.json: hidden_act is \"relu\", it must be gelu");
}

TEST(ModelJson, DecodersAreRefused) {
  EXPECT_EQ(error_of(R"({"is_decoder": true})"),
            "bert/config.json: is_decoder is true, only false is supported: a BERT that is pruned here is an "
            "encoder");
}

TEST(ModelJson, RelativePositionsAreRefused) {
  EXPECT_EQ(error_of(R"({"position_embedding_type": "relative_key"})"),
            "bert/config.json: position_embedding_type is \"relative_key\", only \"absolute\" is supported: "
            "relative positions are not implemented");
}

TEST(ModelJson, OtherActivationsAreRefused) {
  EXPECT_EQ(error_of(R"({"hidden_act": "gelu_new"})"),
            "bert/config.json: hidden_act is \"gelu_new\", it must be gelu");
}

TEST(ModelJson, WrongTypesAndRangesAreRefused) {
  EXPECT_EQ(error_of(R"({"hidden_size": "768"})"),
            "bert/config.json: hidden_size is \"768\", it must be a whole number");
  EXPECT_EQ(error_of(R"({"num_hidden_layers": 0})"),
            "bert/config.json: num_hidden_layers is 0, it must be at least 1");
  EXPECT_EQ(error_of(R"({"hidden_dropout_prob": 1})"),
            "bert/config.json: hidden_dropout_prob is 1, it must be at least 0 and less than 1");
  EXPECT_EQ(
      error_of(R"({"hidden_size": 100})"),
      "bert/config.json: hidden_size is 100, it must be a multiple of num_attention_heads, which is 12");
}

}  // namespace
}  // namespace rpp
