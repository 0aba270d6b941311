// Classifiers of several kinds. Expected values: TextClassificationPipeline of transformers 5.17 with the
// same files.
#include "rpp/answerer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "edited_config.h"

namespace rpp {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Pair;
using Json = nlohmann::json;

auto scored(const char* label, double score) {
  return Pair(label, testing::DoubleNear(score, 1e-6));
}

const std::vector<TextLine> kPairs = {{.text = "w0 w1", .text_pair = "w2"},
                                      {.text = "w0 w1", .text_pair = "w1 w1"},
                                      {.text = "w0 w1", .text_pair = "w0"}};

class Answers : public testing::Test {
 protected:
  std::shared_ptr<const RuntimeModel> classifier(int64_t rows, const Json& members) {
    make_classifier(dir_, rows, members);
    const auto model = exported(dir_.path());
    tokenizer_ = make_tokenizer(model->file());
    return model;
  }
  static std::vector<Answer> answered(Answerer& answerer, const std::vector<TextLine>& lines) {
    for (const TextLine& line : lines) answerer.add(line);
    return answerer.answer_added();
  }
  std::vector<Answer> answers(int64_t rows, const Json& members) {
    const auto model = classifier(rows, members);
    return answered(*make_answerer(model, *tokenizer_, 24), kPairs);
  }

  TestDir dir_{"answers"};
  std::unique_ptr<Tokenizer> tokenizer_;
};

TEST_F(Answers, OneLogitIsAProbability) {
  const auto found = answers(1, {});
  EXPECT_THAT(found.at(0).scores, ElementsAre(scored("LABEL_0", 0.0972485)));
  EXPECT_THAT(found.at(1).scores, ElementsAre(scored("LABEL_0", 0.1363135)));
}

TEST_F(Answers, ARegressionAndAnIdentityKeepTheLogit) {
  const Json identity = {{"activation_fn", "torch.nn.modules.linear.Identity"}};
  for (const Json& members :
       {Json{{"problem_type", "regression"}}, Json{{"sentence_transformers", identity}}}) {
    const auto found = answers(1, members);
    EXPECT_THAT(found.at(0).scores, ElementsAre(scored("LABEL_0", -2.2281775)));
    EXPECT_THAT(found.at(1).scores, ElementsAre(scored("LABEL_0", -1.8462529)));
  }
}

TEST_F(Answers, LabelsOfAMultiLabelModelAreIndependentAndSortedByScore) {
  const auto found = answers(3, {{"problem_type", "multi_label_classification"}});
  EXPECT_THAT(found.at(0).scores, ElementsAre(scored("LABEL_2", 0.6633937), scored("LABEL_1", 0.2414037),
                                              scored("LABEL_0", 0.0972485)));
}

TEST_F(Answers, AVocabularyLargerThanTheModelsIsNamed) {
  make_classifier(dir_, 3, {});
  std::string vocabulary = read_file(dir_ / "vocab.txt");
  for (int i = 0; i < 200; ++i) vocabulary += fmt::format("more{}\n", i);
  dir_.write("vocab.txt", vocabulary);
  const auto model = exported(dir_.path());
  const auto tokenizer = make_tokenizer(model->file());
  EXPECT_THAT(message_of([&] { make_answerer(model, *tokenizer, 24); }),
              AllOf(HasSubstr("the tokenizer has 208 pieces"), HasSubstr("/vocab.txt, as it was published")));
}

TEST_F(Answers, ARankerPutsTheTextsOfAQueryIntoOrder) {
  const auto model = classifier(1, {});
  const auto found = answered(*make_ranker(model, *tokenizer_, 24), kPairs);
  EXPECT_NEAR(found.at(2).scores.front().second, 0.0989627, 1e-6);
  EXPECT_THAT(best_first(found), ElementsAre(1, 2, 0));
  EXPECT_TRUE(best_first({}).empty());
}

TEST_F(Answers, ARankerNeedsPairsAndOneLabel) {
  const auto one = classifier(1, {});
  EXPECT_THAT(message_of([&] { make_ranker(one, *tokenizer_, 24)->add({.text = "w0"}); }),
              HasSubstr("a line to rank is a query and a text"));
  const auto three = classifier(3, {});
  EXPECT_THAT(message_of([&] { make_ranker(three, *tokenizer_, 24); }),
              HasSubstr("does not rank texts: take a cross-encoder, which has one label; this model has 3"));
}

}  // namespace
}  // namespace rpp
