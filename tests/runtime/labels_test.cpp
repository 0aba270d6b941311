// Scores of classifiers by what config.json says. Expected values: sigmoid and softmax of the logits.
#include "runtime/labels.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>

#include "edited_config.h"

namespace rpp {
namespace {

using testing::HasSubstr;
using Json = nlohmann::json;

class ClassifierLabels : public testing::Test {
 protected:
  ScoreFunction function(int64_t rows, const Json& members) {
    make_classifier(dir_, rows, members);
    return read_labels(*exported(dir_.path())).function;
  }
  std::string refusal(int64_t rows, const Json& members) {
    return message_of([&] { function(rows, members); });
  }

  TestDir dir_{"labels"};
};

// As transformers' TextClassificationPipeline.
TEST_F(ClassifierLabels, TheProblemTypeAndTheNumberOfLabelsDecide) {
  EXPECT_EQ(function(3, {}), ScoreFunction::softmax);
  EXPECT_EQ(function(3, {{"problem_type", "single_label_classification"}}), ScoreFunction::softmax);
  EXPECT_EQ(function(3, {{"problem_type", "multi_label_classification"}}), ScoreFunction::sigmoid);
  EXPECT_EQ(function(1, {}), ScoreFunction::sigmoid);
  EXPECT_EQ(function(1, {{"problem_type", "single_label_classification"}}), ScoreFunction::sigmoid);
  EXPECT_EQ(function(1, {{"problem_type", "multi_label_classification"}}), ScoreFunction::sigmoid);
  EXPECT_EQ(function(1, {{"problem_type", "regression"}}), ScoreFunction::none);
}

TEST_F(ClassifierLabels, AnActivationOfSentenceTransformersDecidesFirst) {
  const auto newer = [](const char* name) {
    return Json{{"sentence_transformers", {{"activation_fn", name}}}};
  };
  const auto older = [](const char* name) { return Json{{"sbert_ce_default_activation_function", name}}; };
  EXPECT_EQ(function(1, newer("torch.nn.modules.linear.Identity")), ScoreFunction::none);
  EXPECT_EQ(function(1, newer("torch.nn.modules.activation.Sigmoid")), ScoreFunction::sigmoid);
  EXPECT_EQ(function(1, older("torch.nn.modules.linear.Identity")), ScoreFunction::none);
  EXPECT_EQ(function(3, older("torch.nn.modules.activation.Sigmoid")), ScoreFunction::sigmoid);
  EXPECT_EQ(function(1, {{"sentence_transformers", {{"version", "5.0"}}}}), ScoreFunction::sigmoid);
  Json both = newer("torch.nn.modules.linear.Identity");
  both.update(older("torch.nn.modules.activation.Sigmoid"));
  EXPECT_EQ(function(1, both), ScoreFunction::none);
}

TEST_F(ClassifierLabels, WhatIsNotKnownIsRefusedByName) {
  EXPECT_THAT(
      refusal(1, {{"sentence_transformers", {{"activation_fn", "torch.nn.modules.activation.Tanh"}}}}),
      HasSubstr("config.json: the activation torch.nn.modules.activation.Tanh is not supported"));
  EXPECT_THAT(refusal(1, {{"sentence_transformers", {{"activation_fn", 1}}}}),
              HasSubstr("config.json: activation_fn is 1, it must be a text"));
  EXPECT_THAT(refusal(1, {{"sentence_transformers", "Sigmoid"}}), HasSubstr("it must be an object"));
  EXPECT_THAT(refusal(3, {{"problem_type", 1}}),
              HasSubstr("config.json: problem_type is 1, it must be a text"));
  EXPECT_THAT(refusal(3, {{"problem_type", "ranking"}}), HasSubstr("problem_type is ranking: only"));
  EXPECT_THAT(refusal(3, {{"problem_type", "regression"}}), HasSubstr("has 3 outputs instead of 1"));
}

TEST(Apply, ScoresAreProbabilities) {
  std::array<double, 2> scores = {0, std::log(3.0)};
  apply(ScoreFunction::sigmoid, std::span<double>(scores));
  EXPECT_NEAR(scores[0], 0.5, 1e-12);
  EXPECT_NEAR(scores[1], 0.75, 1e-12);
  scores = {0, std::log(3.0)};
  apply(ScoreFunction::softmax, std::span<double>(scores));
  EXPECT_NEAR(scores[0], 0.25, 1e-12);
  EXPECT_NEAR(scores[1], 0.75, 1e-12);
  apply(ScoreFunction::none, std::span<double>(scores));
  EXPECT_NEAR(scores[1], 0.75, 1e-12);
  std::array<float, 2> extreme = {-1000.0F, 1000.0F};
  apply(ScoreFunction::sigmoid, std::span<float>(extreme));
  EXPECT_EQ(extreme, (std::array<float, 2>{0.0F, 1.0F}));
}

}  // namespace
}  // namespace rpp
