// Questions to the small SQuAD model in tests/golden/bert, which reads 24 tokens at a time.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "data/fake_tokenizer.h"
#include "exported_model.h"
#include "rpp/answerer.h"
#include "runtime/text_batch.h"

namespace rpp {
namespace {

using testing::HasSubstr;

class SpanAnswers : public testing::Test {
 protected:
  std::unique_ptr<Answerer> answerer() const { return make_answerer(model_, tokenizer_, 24); }

  // The given number of distinct words.
  static std::string words(int count) {
    std::string text;
    for (int i = 0; i < count; ++i) text += fmt::format("{}w{}", i == 0 ? "" : " ", i % 40);
    return text;
  }

  FakeTokenizer tokenizer_{100};
  std::shared_ptr<const RuntimeModel> model_ = exported(golden_dir() / "span");
};

// [CLS], a question of one token and two [SEP] leave 20 tokens for the context.
TEST_F(SpanAnswers, WindowsOfALongContextOverlapByAQuarter) {
  EXPECT_EQ(answerer()->add({.text = "w1", .text_pair = words(20)}).tokens, 24);
  EXPECT_EQ(answerer()->add({.text = "w1", .text_pair = words(21)}).tokens, 24 + 4 + 7);  // starts at 14th
  EXPECT_EQ(answerer()->add({.text = "w1", .text_pair = words(30)}).tokens, 24 + 4 + 16);
  EXPECT_EQ(answerer()->add({.text = "w1", .text_pair = words(35)}).tokens, 24 + 24 + 4 + 7);
}

TEST_F(SpanAnswers, AQuestionIsLimitedToAQuarterOfTheTokens) {
  EXPECT_EQ(answerer()->add({.text = words(6), .text_pair = words(10)}).tokens, 3 + 6 + 10);
  EXPECT_EQ(answerer()->add({.text = words(8), .text_pair = words(10)}).tokens, 3 + 6 + 10);
}

TEST_F(SpanAnswers, EachOfManyQuestionsIsAnsweredFromItsOwnContext) {
  std::vector<TextLine> lines;
  for (int i = 0; i < 60; ++i)
    lines.push_back({.text = fmt::format("w{}", i % 7), .text_pair = words(3 + 5 * i)});
  const auto together = answerer();
  int64_t tokens = 0;
  for (const auto& line : lines) tokens += together->add(line).tokens;
  EXPECT_GT(tokens, 2 * kPassTokens);
  const auto answers = together->answer_added();
  ASSERT_EQ(answers.size(), lines.size());
  for (size_t i = 0; i < lines.size(); ++i) {
    const auto alone = answerer();
    alone->add(lines[i]);
    const auto expected = alone->answer_added();
    ASSERT_EQ(expected.size(), 1U);
    EXPECT_EQ(answers[i].scores, expected[0].scores) << i;
    ASSERT_TRUE(answers[i].span) << i;
    EXPECT_EQ(answers[i].span->of(*lines[i].text_pair), answers[i].scores.front().first) << i;
  }
  EXPECT_TRUE(together->answer_added().empty());
}

TEST_F(SpanAnswers, AQuestionNeedsAContext) {
  const auto refusal = [&](const TextLine& line) { return message_of([&] { answerer()->add(line); }); };
  EXPECT_THAT(refusal({.text = "w1"}), HasSubstr("no context: a line for this model is a question and its"));
  EXPECT_THAT(refusal({.text = "w1", .text_pair = ""}), HasSubstr("no context"));
}

}  // namespace
}  // namespace rpp
