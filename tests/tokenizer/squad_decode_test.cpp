#include "tokenizer/squad_decode.h"

#include <gtest/gtest.h>

#include <cmath>

#include "data/fake_tokenizer.h"

namespace rpp {
namespace {

// A question "w50" on a context of the given number of words; logits are 0 unless a test sets them.
class Decode : public testing::Test {
 protected:
  void ask(const std::string& context) {
    data_ = {.contexts = {context}, .questions = {{.id = "a", .text = "w50"}}};
    features_ = make_squad_features(data_, FakeTokenizer(),
                                    {.max_seq_length = 14, .doc_stride = 4, .max_query_length = 3});
    starts_.clear();
    ends_.clear();
    for (const SquadWindow& window : features_.windows) {
      starts_.emplace_back(static_cast<size_t>(window.num_tokens) + 4, 0.0F);
      ends_.emplace_back(static_cast<size_t>(window.num_tokens) + 4, 0.0F);
    }
  }
  // The logit of a context token in a window, indexed by its position in the context.
  float& start(size_t window, int64_t token) { return starts_[window][position(window, token)]; }
  float& end(size_t window, int64_t token) { return ends_[window][position(window, token)]; }
  void set_null(size_t window, float logit) { set_null(window, logit, logit); }
  void set_null(size_t window, float start_logit, float end_logit) {
    starts_[window][0] = start_logit;
    ends_[window][0] = end_logit;
  }

  SquadPrediction decode(const SquadDecoding& decoding = {}) const {
    std::vector<SpanLogits> logits;
    for (size_t i = 0; i < starts_.size(); ++i) logits.push_back({starts_[i], ends_[i]});
    return decode_squad(features_, data_.contexts[0], 0, logits, decoding);
  }

 private:
  size_t position(size_t window, int64_t token) const {
    return static_cast<size_t>(3 + token - features_.windows[window].first_token);
  }

  SquadData data_;
  SquadFeatures features_;
  std::vector<std::vector<float>> starts_, ends_;
};

constexpr const char* kTen = "w0  w1, w2 w3 w4 w5 w6 w7 w8 w9";
constexpr const char* kThirteen = "w0 w1 w2 w3 w4 w5 w6 w7 w8 w9 w10 w11 w12";  // windows 0-9 and 6-12

TEST_F(Decode, TheAnswerIsTheContextTextOfTheBestSpan) {
  ask(kTen);
  start(0, 0) = 2;
  end(0, 2) = 2;
  EXPECT_EQ(decode().text, "w0  w1, w2");
}

TEST_F(Decode, ASpanDoesNotEndBeforeItsStart) {
  ask(kTen);
  start(0, 5) = 3;
  end(0, 2) = 2;
  EXPECT_TRUE(decode().text.starts_with("w5")) << decode().text;
}

TEST_F(Decode, ASpanHasAtMostMaxAnswerTokens) {
  ask(kTen);
  start(0, 1) = 3;
  end(0, 3) = 2;
  end(0, 9) = 3;
  EXPECT_EQ(decode().text, "w1, w2 w3 w4 w5 w6 w7 w8 w9");
  EXPECT_EQ(decode({.max_answer_length = 3}).text, "w1, w2 w3");
}

TEST_F(Decode, QuestionClsAndSepAreNoAnswers) {
  ask(kTen);
  set_null(0, 9);
  start(0, -2) = end(0, -2) = 9;  // the question's token
  start(0, -1) = end(0, -1) = 9;  // [SEP]
  start(0, 4) = end(0, 4) = 1;
  EXPECT_EQ(decode().text, "w4");
}

TEST_F(Decode, ASpanIsFoundWhenBestStartsAndEndsDoNotCombine) {
  ask(kTen);
  for (int64_t token = 5; token < 10; ++token) start(0, token) = 5;
  for (int64_t token = 0; token < 5; ++token) end(0, token) = 5;
  EXPECT_FALSE(decode({.n_best_size = 2}).text.empty());
}

TEST_F(Decode, AStartCountsOnlyInItsMaxContextWindow) {
  ask(kThirteen);
  start(0, 8) = 9;  // window 1 has more context around it
  start(1, 8) = 1;
  end(1, 8) = 2;
  start(0, 3) = end(0, 3) = 4;
  EXPECT_EQ(decode().text, "w3");
}

TEST_F(Decode, TheNBestAreSortedAndTheirProbabilitiesAreASoftmax) {
  ask(kTen);
  start(0, 4) = 1;
  end(0, 4) = 2;
  start(0, 6) = end(0, 6) = 1;
  const SquadPrediction prediction = decode({.n_best_size = 2, .max_answer_length = 1});
  ASSERT_EQ(prediction.n_best.size(), 2U);
  EXPECT_EQ(prediction.n_best[0].text, "w4");
  EXPECT_EQ(prediction.n_best[0].start_logit, 1);
  EXPECT_EQ(prediction.n_best[0].end_logit, 2);
  EXPECT_EQ(prediction.n_best[1].text, "w6");
  EXPECT_DOUBLE_EQ(prediction.n_best[0].probability, 1 / (1 + std::exp(-1.0)));
  EXPECT_DOUBLE_EQ(prediction.n_best[0].probability + prediction.n_best[1].probability, 1);
}

TEST_F(Decode, TheNoAnswerScoreIsTheSmallestClsScore) {
  ask(kThirteen);
  set_null(0, 7);
  set_null(1, 3);
  start(0, 2) = end(0, 2) = 4;
  const SquadPrediction prediction = decode({.may_have_no_answer = true});
  EXPECT_EQ(prediction.null_odds, 6 - 8);
  EXPECT_EQ(prediction.text, "w2");
  EXPECT_EQ(prediction.n_best[1].text, "");
  EXPECT_EQ(prediction.n_best[1].start_logit, 3);
}

TEST_F(Decode, TheFirstOfWindowsWithEqualNoAnswerScoresIsUsed) {
  ask(kThirteen);
  set_null(0, 1, -1);
  set_null(1, -2, 2);
  const auto n_best = decode({.may_have_no_answer = true}).n_best;
  EXPECT_EQ(n_best.back().text, "");
  EXPECT_EQ(n_best.back().start_logit, 1);
  EXPECT_EQ(n_best.back().end_logit, -1);
}

TEST_F(Decode, EqualScoresAreOrderedByStartThenLength) {
  ask(kTen);
  const auto n_best = decode({.n_best_size = 12}).n_best;
  ASSERT_EQ(n_best.size(), 12U);
  EXPECT_EQ(n_best[0].text, "w0");
  EXPECT_EQ(n_best[1].text, "w0  w1,");
  EXPECT_EQ(n_best[2].text, "w0  w1, w2");
  EXPECT_EQ(n_best[10].text, "w1,");
}

TEST_F(Decode, NoAnswerIsRankedAfterTextsWithEqualOrBetterScores) {
  ask(kTen);
  const auto n_best = decode({.n_best_size = 3, .may_have_no_answer = true}).n_best;
  ASSERT_EQ(n_best.size(), 4U);  // the three requested, plus no answer, which beats none of them
  EXPECT_EQ(n_best[0].text, "w0");
  EXPECT_EQ(n_best[3].text, "");
}

TEST_F(Decode, TheThresholdSelectsNoAnswerAndTheBestTextIsKept) {
  ask(kTen);
  set_null(0, 5);
  start(0, 2) = end(0, 2) = 4;
  const SquadPrediction none = decode({.may_have_no_answer = true});
  EXPECT_EQ(none.null_odds, 2);
  EXPECT_EQ(none.text, "");
  EXPECT_EQ(none.best_text, "w2");
  EXPECT_EQ(decode({.may_have_no_answer = true, .null_score_diff_threshold = 2}).text, "w2");
}

TEST_F(Decode, NoAnswerIsAlwaysInTheNBestList) {
  ask(kTen);
  set_null(0, -9);
  const SquadPrediction prediction = decode({.n_best_size = 3, .may_have_no_answer = true});
  ASSERT_EQ(prediction.n_best.size(), 4U);
  EXPECT_EQ(prediction.n_best[3].text, "");
  set_null(0, 9);
  EXPECT_EQ(decode({.n_best_size = 3, .may_have_no_answer = true}).n_best.size(), 3U);
}

TEST_F(Decode, AContextWithoutTokensHasNoAnswer) {
  ask("   ");
  const SquadPrediction first = decode();
  EXPECT_EQ(first.text, "");
  ASSERT_EQ(first.n_best.size(), 1U);
  EXPECT_EQ(first.n_best[0].probability, 1);
  set_null(0, -2);
  const SquadPrediction second = decode({.may_have_no_answer = true});
  EXPECT_EQ(second.text, "");
  EXPECT_EQ(second.null_odds, -4);
  EXPECT_EQ(second.n_best.size(), 1U);
}

}  // namespace
}  // namespace rpp
