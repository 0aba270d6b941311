#include "serve/answers.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "data/fake_tokenizer.h"
#include "serve/openapi.h"

namespace rpp {
namespace {

using Json = nlohmann::json;

TEST(Answers, FloatsHaveTheShortestDigitsThatGiveThemBack) {
  EXPECT_EQ(embeddings_json({{0.1F, -2.0F}, {1e-8F}}), "[[0.1,-2],[1e-08]]");
  EXPECT_EQ(embeddings_json({}), "[]");
}

TEST(Answers, OpenAisHaveIndicesAndTheNumberOfTokens) {
  const std::string text =
      openai_embeddings_json({{1.0F}, {0.5F}}, {.model = "a \"model\"", .num_tokens = 7});
  EXPECT_EQ(Json::parse(text), Json::parse(R"({"object": "list", "model": "a \"model\"",
      "data": [{"object": "embedding", "index": 0, "embedding": [1]},
               {"object": "embedding", "index": 1, "embedding": [0.5]}],
      "usage": {"prompt_tokens": 7, "total_tokens": 7}})"));
}

// echo -n 0000803f000000c0 | xxd -r -p | base64
TEST(Answers, Base64IsOfLittleEndianFloats) {
  const std::string text = openai_embeddings_json({{1.0F, -2.0F}}, {.model = "m", .base64 = true});
  EXPECT_EQ(Json::parse(text)["data"][0]["embedding"], "AACAPwAAAMA=");
}

TEST(Answers, RanksHaveTheirTextIfItIsWanted) {
  const std::string text = "a";
  const std::vector<RankedText> ranked = {{.index = 1, .score = 0.5, .text = &text},
                                          {.index = 0, .score = 0.25}};
  EXPECT_EQ(ranks_json(ranked), R"([{"index":1,"score":0.5,"text":"a"},{"index":0,"score":0.25}])");
}

TEST(Answers, OffsetsOfTokensAreCodePoints) {
  const FakeTokenizer tokenizer;
  const std::string text = "\u00e9\u00e9 w1";
  const Json tokens = Json::parse(tokens_json(tokenizer.encode_with_offsets(text),
                                              {.text = text, .has_special_tokens = true}, tokenizer));
  ASSERT_EQ(tokens.size(), 4U);
  EXPECT_EQ(tokens[0],
            Json::parse(R"({"id": 2, "text": "[CLS]", "special": true, "start": null, "stop": null})"));
  EXPECT_EQ(tokens[2], Json::parse(R"({"id": 7, "text": "w1", "special": false, "start": 3, "stop": 5})"));
  EXPECT_EQ(tokens[3]["text"], "[SEP]");
}

TEST(Answers, ErrorsHaveTheShapeOfThePath) {
  EXPECT_EQ(error_json("/embed", 429, Refusal::overloaded, "full"),
            R"({"error":"full","error_type":"Overloaded"})");
  const Json openai = Json::parse(error_json("/v1/embeddings", 429, Refusal::overloaded, "full"));
  EXPECT_EQ(openai["error"]["message"], "full");
  EXPECT_EQ(openai["error"]["type"], "rate_limit_error");
}

// Every "$ref" of the description.
void collect_references(const Json& value, std::vector<std::string>& references) {
  if (!value.is_structured()) return;
  if (value.is_object() && value.contains("$ref")) references.push_back(value["$ref"]);
  for (const Json& inner : value) collect_references(inner, references);
}

TEST(OpenApi, ReferencesOnlyWhatItHas) {
  const Json description = Json::parse(kOpenApi);
  std::vector<std::string> references;
  collect_references(description, references);
  EXPECT_FALSE(references.empty());
  for (const std::string& reference : references) {
    EXPECT_TRUE(description.contains(Json::json_pointer(reference.substr(1)))) << reference;
  }
}

}  // namespace
}  // namespace rpp
