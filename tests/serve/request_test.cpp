#include "serve/request.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "serve/request_error.h"

namespace rpp {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;
using Texts = std::vector<std::string>;

constexpr size_t kMaxTexts = 3;

// "422 the message", or "taken".
template <typename Parse>
std::string refusal(Parse parse, std::string_view body) {
  try {
    parse(body, kMaxTexts);
  } catch (const RequestError& error) {
    return fmt::format("{} {}", error.status(), error.what());
  }
  return "taken";
}

TEST(OpenAiRequest, TakesATextOrAList) {
  EXPECT_EQ(parse_openai_embeddings(R"({"input": "a b"})", kMaxTexts).texts, Texts{"a b"});
  EXPECT_EQ(parse_openai_embeddings(R"({"input": ["a", ""]})", kMaxTexts).texts, (Texts{"a", ""}));
}

TEST(OpenAiRequest, HasFloatsOfLengthOneUnlessItSaysOtherwise) {
  const auto plain = parse_openai_embeddings(R"({"input": "a", "model": "any", "user": "me"})", kMaxTexts);
  EXPECT_FALSE(plain.base64);
  EXPECT_EQ(plain.options.dimensions, 0);
  EXPECT_EQ(plain.options.normalize, true);
  const auto other =
      parse_openai_embeddings(R"({"input": "a", "encoding_format": "base64", "dimensions": 16})", kMaxTexts);
  EXPECT_TRUE(other.base64);
  EXPECT_EQ(other.options.dimensions, 16);
}

TEST(OpenAiRequest, NullIsTheSameAsAbsent) {
  const auto request = parse_openai_embeddings(
      R"({"input": "a", "dimensions": null, "encoding_format": null, "user": null})", kMaxTexts);
  EXPECT_EQ(request.options.dimensions, 0);
  EXPECT_FALSE(request.base64);
}

TEST(OpenAiRequest, RefusesTokenIdsWithAdvice) {
  EXPECT_THAT(refusal(parse_openai_embeddings, R"({"input": [1, 2]})"),
              StartsWith("422 `input` has token ids, texts are needed"));
  EXPECT_THAT(refusal(parse_openai_embeddings, R"({"input": [[1, 2]]})"),
              StartsWith("422 `input` has token"));
}

TEST(OpenAiRequest, RefusesOtherFormatsAndDimensions) {
  EXPECT_EQ(refusal(parse_openai_embeddings, R"({"input": "a", "encoding_format": "hex"})"),
            "422 `encoding_format` must be \"float\" or \"base64\"");
  for (const char* dimensions : {"0", "-1", "1.5", "1e30", "18446744073709551615", "\"8\"", "true"}) {
    EXPECT_EQ(
        refusal(parse_openai_embeddings, fmt::format(R"({{"input": "a", "dimensions": {}}})", dimensions)),
        "422 `dimensions` must be a positive integer")
        << dimensions;
  }
}

TEST(EmbedRequest, TakesTheMembersOfTextEmbeddingsInference) {
  const auto request = parse_embed(
      R"({"inputs": ["a"], "normalize": false, "truncate": true, "truncation_direction": "Right",
          "prompt_name": "query", "dimensions": 8})",
      kMaxTexts);
  EXPECT_EQ(request.options.normalize, false);
  EXPECT_EQ(request.truncate, true);
  EXPECT_EQ(request.options.prompt, "query");
  EXPECT_EQ(request.options.dimensions, 8);
}

TEST(EmbedRequest, RefusesWhatIsNotJson) {
  EXPECT_THAT(refusal(parse_embed, ""), StartsWith("400 the body"));
  EXPECT_THAT(refusal(parse_embed, "{\"inputs\": "), StartsWith("400 the body"));
  EXPECT_THAT(refusal(parse_embed, "[1]"), StartsWith("400 the body"));
  EXPECT_EQ(refusal(parse_embed, "{\"inputs\": \"\xff\"}"), "400 the body is not valid UTF-8 at byte 12");
  EXPECT_THAT(refusal(parse_embed, "{\"inputs\": " + std::string(100'000, '[')), StartsWith("400 the body"));
}

TEST(EmbedRequest, AMessageQuotesNoLongText) {
  EXPECT_LT(refusal(parse_embed, "{\"inputs\": \"" + std::string(10'000, 'a')).size(), 300U);
  const std::string unknown = fmt::format(R"({{"inputs": "a", "{}": 1}})", std::string(10'000, 'b'));
  EXPECT_LT(refusal(parse_embed, unknown).size(), 500U);
}

TEST(EmbedRequest, RefusesUnknownMembersAndNamesTheNearest) {
  EXPECT_THAT(refusal(parse_embed, R"({"inputs": "a", "normalise": true})"),
              testing::AllOf(StartsWith("422 `normalise` is not known here"), HasSubstr("normalize")));
}

TEST(EmbedRequest, RefusesOtherTypes) {
  EXPECT_EQ(refusal(parse_embed, R"({})"), "422 `inputs` is missing");
  EXPECT_EQ(refusal(parse_embed, R"({"inputs": {}})"),
            "422 `inputs` must be a string or a list of strings, it has an object");
  EXPECT_EQ(refusal(parse_embed, R"({"inputs": ["a", null]})"),
            "422 `inputs` must be a string or a list of strings, it has null");
  EXPECT_EQ(refusal(parse_embed, R"({"inputs": "a", "normalize": 1})"),
            "422 `normalize` must be true or false, it is a number");
  EXPECT_EQ(refusal(parse_embed, R"({"inputs": "a", "truncation_direction": "left"})"),
            "422 `truncation_direction` must be \"right\": texts are truncated at their end");
}

TEST(EmbedRequest, HasOneTextAtLeastAndALimit) {
  EXPECT_EQ(refusal(parse_embed, R"({"inputs": []})"), "400 `inputs` is empty: send at least one text");
  EXPECT_EQ(refusal(parse_embed, R"({"inputs": ["a", "b", "c"]})"), "taken");
  EXPECT_EQ(refusal(parse_embed, R"({"inputs": ["a", "b", "c", "d"]})"),
            "413 `inputs` has 4 texts, at most 3 are taken: send several requests");
}

TEST(RerankRequest, HasAQueryAndTexts) {
  const auto request = parse_rerank(
      R"({"query": "q", "texts": ["a", "b"], "raw_scores": true, "return_text": true})", kMaxTexts);
  EXPECT_EQ(request.query, "q");
  EXPECT_EQ(request.texts, (Texts{"a", "b"}));
  EXPECT_TRUE(request.raw_scores);
  EXPECT_TRUE(request.return_text);
  EXPECT_EQ(refusal(parse_rerank, R"({"texts": ["a"]})"), "422 `query` is missing");
  EXPECT_EQ(refusal(parse_rerank, R"({"query": "q", "texts": "a"})"),
            "422 `texts` must be a list of strings, it is a string");
}

TEST(PredictRequest, IsATextAPairOrABatch) {
  const auto lines_of = [](std::string_view body) {
    Texts lines;
    for (const TextLine& line : parse_predict(body, kMaxTexts).lines) {
      lines.push_back(line.text_pair ? line.text + "|" + *line.text_pair : line.text);
    }
    return lines;
  };
  EXPECT_THAT(lines_of(R"({"inputs": "a"})"), ElementsAre("a"));
  EXPECT_THAT(lines_of(R"({"inputs": ["a"]})"), ElementsAre("a"));
  EXPECT_THAT(lines_of(R"({"inputs": ["a", "b"]})"), ElementsAre("a|b"));
  EXPECT_THAT(lines_of(R"({"inputs": [["a"], ["b", "c"]]})"), ElementsAre("a", "b|c"));
  EXPECT_FALSE(parse_predict(R"({"inputs": ["a", "b"]})", kMaxTexts).is_batch);
  EXPECT_TRUE(parse_predict(R"({"inputs": [["a"]]})", kMaxTexts).is_batch);
}

TEST(PredictRequest, RefusesOtherLists) {
  EXPECT_EQ(refusal(parse_predict, R"({"inputs": ["a", "b", "c"]})"),
            "422 a list in `inputs` must be [text] or [text, second text], one has 3 elements");
  EXPECT_EQ(refusal(parse_predict, R"({"inputs": [["a"], "b"]})"),
            "422 `inputs` has lists and a string: all must be lists");
  EXPECT_THAT(refusal(parse_predict, R"({"inputs": [["a"], ["a"], ["a"], ["a"]]})"), StartsWith("413"));
}

TEST(TokenizeRequest, AddsSpecialTokensUnlessItSaysOtherwise) {
  EXPECT_TRUE(parse_tokenize(R"({"inputs": "a"})", kMaxTexts).add_special_tokens);
  EXPECT_FALSE(
      parse_tokenize(R"({"inputs": "a", "add_special_tokens": false})", kMaxTexts).add_special_tokens);
}

}  // namespace
}  // namespace rpp
