#include "bert_format/architecture.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "bert_format/heads.h"
#include "message_of.h"

namespace rpp {
namespace {

using testing::HasSubstr;

TEST(ParseArchitecture, ASupportedNameSelectsItsHead) {
  const auto head = [](const std::string& name) {
    return parse_architecture(R"({"architectures": [")" + name + "\"]}", "c").head;
  };
  EXPECT_EQ(head("BertModel"), Head::none);
  EXPECT_EQ(head("BertForSequenceClassification"), Head::classifier);
  EXPECT_EQ(head("BertForTokenClassification"), Head::token_classifier);
  EXPECT_EQ(head("BertForQuestionAnswering"), Head::span);
  EXPECT_EQ(head("BertForMaskedLM"), Head::masked_lm);
  EXPECT_EQ(head("BertForPreTraining"), Head::masked_lm);
  for (const char* other :
       {"BertForMultipleChoice", "BertForNextSentencePrediction", "BertLMHeadModel", ""}) {
    EXPECT_EQ(head(other), Head::unsupported) << other;
  }
}

TEST(ParseArchitecture, WithoutANameTheTensorsDecide) {
  for (const char* config : {"{}", R"({"architectures": null})", R"({"architectures": []})"}) {
    EXPECT_EQ(parse_architecture(config, "c").head, Head::guessed) << config;
    EXPECT_EQ(parse_architecture(config, "c").name, "") << config;
  }
}

TEST(ParseArchitecture, SeveralNamesAreUnsupported) {
  const auto two = parse_architecture(R"({"architectures": ["BertModel", "BertForMaskedLM"]})", "c");
  EXPECT_EQ(two.head, Head::unsupported);
  EXPECT_EQ(two.name, "BertModel, BertForMaskedLM");
}

TEST(ParseArchitecture, OtherValuesAreRefused) {
  for (const char* value : {"\"BertModel\"", "[1]", R"({"a": "BertModel"})"}) {
    const std::string config = fmt::format(R"({{"architectures": {}}})", value);
    EXPECT_THAT(message_of([&] { parse_architecture(config, "c"); }), HasSubstr("c: architectures is "))
        << value;
  }
}

// A pooler, a classifier of four rows, a span head and a masked LM.
class HeadsOf : public testing::Test {
 protected:
  StoredHeads heads(Head head) const { return heads_of(head, TensorIndex<TensorView>("f", tensors_)); }

  std::vector<TensorView> tensors_ = {{.name = "bert.pooler.dense.weight", .shape = {8, 8}},
                                      {.name = "classifier.weight", .shape = {4, 8}},
                                      {.name = "qa_outputs.weight", .shape = {2, 8}},
                                      {.name = "cls.predictions.transform.dense.weight", .shape = {8, 8}}};
};

TEST_F(HeadsOf, OnlyTheNamedHeadIsLeft) {
  for (const Head head : {Head::none, Head::masked_lm, Head::classifier, Head::token_classifier, Head::span,
                          Head::unsupported}) {
    const StoredHeads found = heads(head);
    EXPECT_TRUE(found.pooler);
    EXPECT_EQ(found.masked_lm, head == Head::masked_lm);
    EXPECT_EQ(found.span, head == Head::span);
    EXPECT_EQ(found.num_labels, head == Head::classifier ? 4 : 0);
    EXPECT_EQ(found.num_token_labels, head == Head::token_classifier ? 4 : 0);
  }
}

TEST_F(HeadsOf, WithoutAnArchitectureAllHeadsAreThereAndAClassifierIsOneOfTexts) {
  const StoredHeads found = heads(Head::guessed);
  EXPECT_TRUE(found.masked_lm && found.span);
  EXPECT_EQ(found.num_labels, 4);
  EXPECT_EQ(found.num_token_labels, 0);
}

TEST_F(HeadsOf, AClassifierOfTextsNeedsThePoolerAndOneOfTokensDoesNot) {
  tensors_.erase(tensors_.begin());
  EXPECT_EQ(heads(Head::classifier).num_labels, 0);
  EXPECT_EQ(heads(Head::token_classifier).num_token_labels, 4);
}

TEST_F(HeadsOf, AHeadWithoutTensorsIsAbsent) {
  tensors_ = {tensors_.front()};
  EXPECT_FALSE(heads(Head::span).span);
  EXPECT_FALSE(heads(Head::masked_lm).masked_lm);
  EXPECT_EQ(heads(Head::token_classifier).num_token_labels, 0);
}

}  // namespace
}  // namespace rpp
