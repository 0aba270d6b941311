// Ranking and tagging in C. Expected values: pipelines of transformers 5.17 with the same files.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <memory>

#include "rpp/rpp.h"
#include "tagged_model.h"

namespace rpp {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using Texts = std::vector<const char*>;

class CAnswers : public testing::Test {
 protected:
  rpp_session* open(const rpp_session_options* options = nullptr) {
    rpp_model* model = nullptr;
    EXPECT_EQ(rpp_load(dir_.path().c_str(), nullptr, &model), RPP_OK) << rpp_last_error();
    model_.reset(model);
    rpp_session* session = nullptr;
    EXPECT_EQ(rpp_open(model, options, &session), RPP_OK) << rpp_last_error();
    session_.reset(session);
    return session;
  }

  TestDir dir_{"c_answers"};
  std::unique_ptr<rpp_model, void (*)(rpp_model*)> model_{nullptr, rpp_free};
  std::unique_ptr<rpp_session, void (*)(rpp_session*)> session_{nullptr, rpp_close};
};

TEST_F(CAnswers, TheTextsOfAQueryAreScoredAndPutIntoOrder) {
  make_classifier(dir_, 1, {});
  rpp_session* session = open();
  const Texts texts = {"w2", "w1 w1", "w0", "w2"};
  std::array<float, 4> scores = {};
  std::array<size_t, 4> order = {};
  ASSERT_EQ(rpp_rank(session, "w0 w1", texts.data(), 4, scores.data(), order.data()), RPP_OK)
      << rpp_last_error();
  EXPECT_NEAR(scores[0], 0.0972485, 1e-6);
  EXPECT_NEAR(scores[1], 0.1363135, 1e-6);
  EXPECT_NEAR(scores[2], 0.0989627, 1e-6);
  EXPECT_THAT(order, ElementsAre(1, 2, 0, 3));
  std::array<float, 4> again = {};
  EXPECT_EQ(rpp_rank(session, "w0 w1", texts.data(), 4, again.data(), nullptr), RPP_OK);
  EXPECT_EQ(again, scores);
  EXPECT_EQ(rpp_rank(session, "w0 w1", nullptr, 0, nullptr, nullptr), RPP_OK);
}

TEST_F(CAnswers, WhatCannotBeRankedIsRefusedBeforeAnythingIsWritten) {
  make_classifier(dir_, 1, {});
  rpp_session* session = open();
  std::array<float, 2> scores = {-1, -1};
  const Texts none = {"w2", nullptr}, invalid = {"w2", "\xff"};
  EXPECT_EQ(rpp_rank(session, "w0", none.data(), 2, scores.data(), nullptr), RPP_USAGE_ERROR);
  EXPECT_STREQ(rpp_last_error(), "text 1 is NULL");
  EXPECT_EQ(rpp_rank(session, "w0", invalid.data(), 2, scores.data(), nullptr), RPP_ERROR);
  EXPECT_STREQ(rpp_last_error(), "byte 0 of text 1 is not UTF-8");
  EXPECT_EQ(rpp_rank(session, "\xff", invalid.data(), 1, scores.data(), nullptr), RPP_ERROR);
  EXPECT_STREQ(rpp_last_error(), "byte 0 of the query is not UTF-8");
  EXPECT_EQ(rpp_rank(session, nullptr, invalid.data(), 1, scores.data(), nullptr), RPP_USAGE_ERROR);
  EXPECT_STREQ(rpp_last_error(), "query is NULL");
  EXPECT_THAT(scores, ElementsAre(-1, -1));
  make_classifier(dir_, 3, {});
  EXPECT_EQ(rpp_rank(open(), "w0", invalid.data(), 1, scores.data(), nullptr), RPP_ERROR);
  EXPECT_THAT(rpp_last_error(), HasSubstr("does not rank texts"));
}

TEST_F(CAnswers, ScoresOfAMultiLabelModelAreIndependent) {
  make_classifier(dir_, 3, {{"problem_type", "multi_label_classification"}});
  const Texts texts = {"w2 w0"};
  std::array<float, 3> scores = {};
  ASSERT_EQ(rpp_score(open(), texts.data(), nullptr, 1, scores.data()), RPP_OK) << rpp_last_error();
  EXPECT_NEAR(scores[0], 0.0950272, 1e-6);
  EXPECT_NEAR(scores[1], 0.2822537, 1e-6);
  EXPECT_NEAR(scores[2], 0.5479195, 1e-6);
}

TEST_F(CAnswers, EntitiesAreByteRangesOfTheText) {
  make_tagged_model(dir_);
  rpp_session* session = open();
  const rpp_entity* entities = nullptr;
  size_t count = 0;
  ASSERT_EQ(rpp_tag(session, kTaggedText, &entities, &count), RPP_OK) << rpp_last_error();
  ASSERT_EQ(count, 5U);
  EXPECT_EQ(std::string(kTaggedText).substr(entities[3].begin, entities[3].end - entities[3].begin),
            "Z\u00fcrich");
  EXPECT_STREQ(entities[3].label, "PER");
  EXPECT_NEAR(entities[3].score, 0.591633, 1e-5);
  ASSERT_EQ(rpp_tag(session, "", &entities, &count), RPP_OK);
  EXPECT_EQ(count, 0U);
  EXPECT_EQ(rpp_num_labels(model_.get()), 0);
}

TEST_F(CAnswers, ASessionChoosesTheAggregation) {
  make_tagged_model(dir_);
  const auto number_of = [&](int32_t aggregation) {
    const rpp_session_options options = {.size = sizeof options, .aggregation = aggregation};
    const rpp_entity* entities = nullptr;
    size_t count = 0;
    EXPECT_EQ(rpp_tag(open(&options), kTaggedText, &entities, &count), RPP_OK) << rpp_last_error();
    EXPECT_GT(count, 0U);
    return std::pair(count, std::string(entities[0].label));
  };
  EXPECT_EQ(number_of(RPP_AGGREGATION_SIMPLE), (std::pair<size_t, std::string>(5, "PER")));
  EXPECT_EQ(number_of(RPP_AGGREGATION_NONE), (std::pair<size_t, std::string>(15, "I-PER")));
  EXPECT_EQ(number_of(RPP_AGGREGATION_FIRST), (std::pair<size_t, std::string>(5, "PER")));
  EXPECT_EQ(number_of(RPP_AGGREGATION_AVERAGE), (std::pair<size_t, std::string>(3, "PER")));
  EXPECT_EQ(number_of(RPP_AGGREGATION_MAX), (std::pair<size_t, std::string>(3, "PER")));
  const rpp_session_options wrong = {.size = sizeof wrong, .aggregation = 5};
  rpp_session* none = nullptr;
  EXPECT_EQ(rpp_open(model_.get(), &wrong, &none), RPP_USAGE_ERROR);
  EXPECT_STREQ(rpp_last_error(), "aggregation is 5, it must be 0 to 4");
}

TEST_F(CAnswers, ALongTextToTagIsCutOrRefusedAndTheNextIsTagged) {
  make_tagged_model(dir_);
  const rpp_session_options refusing = {.size = sizeof refusing, .max_tokens = 8, .refuse_longer = 1},
                            cutting = {.size = sizeof cutting, .max_tokens = 8};
  const rpp_entity* entities = nullptr;
  size_t count = 0;
  rpp_session* session = open(&refusing);
  EXPECT_EQ(rpp_tag(session, "anna anna anna anna anna anna anna", &entities, &count), RPP_ERROR);
  EXPECT_STREQ(rpp_last_error(), "the text has 9 tokens, 8 are read: shorten it, or allow truncation");
  EXPECT_EQ(rpp_tag(session, "anna anna anna anna anna anna", &entities, &count), RPP_OK);
  EXPECT_EQ(rpp_tag(session, "\xff", &entities, &count), RPP_ERROR);
  EXPECT_STREQ(rpp_last_error(), "byte 0 of the text is not UTF-8");
  EXPECT_EQ(rpp_tag(open(&cutting), kTaggedText, &entities, &count), RPP_OK);
  ASSERT_GT(count, 0U);
  EXPECT_LE(entities[count - 1].end, 22U);  // six tokens
}

TEST_F(CAnswers, AModelWithoutTheHeadIsRefusedByName) {
  const rpp_entity* entities = nullptr;
  size_t count = 0;
  make_classifier(dir_, 3, {});
  EXPECT_EQ(rpp_tag(open(), "w0", &entities, &count), RPP_ERROR);
  EXPECT_THAT(rpp_last_error(), HasSubstr("is not a token classifier"));
  make_classifier(dir_, 3, {{"architectures", {"BertForMultipleChoice"}}});
  rpp_session* session = open();
  const Texts texts = {"w0"};
  std::array<float, 32> values = {};
  rpp_answer answer = {};
  rpp_filling filling = {};
  for (const auto status :
       {rpp_tag(session, "w0", &entities, &count),
        rpp_score(session, texts.data(), nullptr, 1, values.data()),
        rpp_rank(session, "w0", texts.data(), 1, values.data(), nullptr),
        rpp_ask(session, "w0", "w1", &answer), rpp_fill(session, "[MASK]", 1, &filling)}) {
    EXPECT_EQ(status, RPP_ERROR);
  }
  EXPECT_THAT(rpp_last_error(), HasSubstr("architectures is BertForMultipleChoice"));
  EXPECT_EQ(rpp_embed(session, texts.data(), 1, nullptr, values.data()), RPP_OK) << rpp_last_error();
}

}  // namespace
}  // namespace rpp
