#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "rpp/config/load.h"
#include "rpp/core/error.h"

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

TEST(ModelJson, KeysOfOthersArePassedOver) {
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

TEST(ModelJson, DamagedJsonNamesTheFile) {
  EXPECT_THAT(error_of("{\"hidden_size\": "), StartsWith("bert/config.json is not valid JSON: "));
  EXPECT_EQ(error_of("[1]"), "bert/config.json holds no JSON object");
}

TEST(ModelJson, OtherArchitecturesAreRefused) {
  EXPECT_EQ(
      error_of(R"({"model_type": "roberta"})"),
      "bert/config.json: model_type is \"roberta\", only \"bert\" is supported: another architecture has "
      "other weights");
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
