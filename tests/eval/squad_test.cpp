#include "eval/squad.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "message_of.h"

namespace rpp {
namespace {

using Gold = std::vector<std::string>;

TEST(SquadScore, F1CountsSharedWordsWithMultiplicity) {
  const AnswerScore score = squad1_score("to be or not to be", Gold{"to be to go"});
  EXPECT_EQ(score.exact, 0);
  EXPECT_DOUBLE_EQ(score.f1, 2 * (3.0 / 6) * (3.0 / 4) / (3.0 / 6 + 3.0 / 4));  // shared words: to, be, to
}

TEST(SquadScore, EachScoreIsTheBestOverTheGoldAnswers) {
  const AnswerScore score = squad1_score("denver broncos", Gold{"broncos", "denver broncos", "denver"});
  EXPECT_EQ(score.exact, 1);
  EXPECT_EQ(score.f1, 1);
  EXPECT_DOUBLE_EQ(squad1_score("denver broncos", Gold{"carolina", "broncos"}).f1, 2.0 / 3);
}

TEST(SquadScore, TwoEmptyAnswersMatchExactlyButHaveNoF1InVersionOne) {
  EXPECT_EQ(squad1_score("", Gold{""}).exact, 1);
  EXPECT_EQ(squad1_score("", Gold{""}).f1, 0);
  EXPECT_EQ(squad2_score("", Gold{""}).f1, 1);
}

TEST(SquadScore, InVersionTwoNoAnswerIsRightOnlyForUnanswerableQuestions) {
  EXPECT_EQ(squad2_score("", {}).exact, 1);
  EXPECT_EQ(squad2_score("", {}).f1, 1);
  EXPECT_EQ(squad2_score("text", {}).f1, 0);
  EXPECT_EQ(squad2_score("", Gold{"text", ""}).exact, 0);
}

TEST(Squad1Metrics, AreMeansInPercentAndMissingPredictionsCountAsZero) {
  const ScoredQuestion questions[] = {
      {.score = {1, 1}}, {.score = {0, 0.5}}, {.is_missing = true}, {.score = {0, 0}}};
  const auto metrics = squad1_metrics(questions);
  EXPECT_DOUBLE_EQ(metrics.at("exact_match"), 25);
  EXPECT_DOUBLE_EQ(metrics.at("f1"), 37.5);
}

// Two questions with an answer, two without; the last of each is predicted wrongly.
std::vector<ScoredQuestion> four() {
  return {{.score = {1, 1}, .null_odds = -3},
          {.score = {0, 0.5}, .null_odds = 1},
          {.score = {1, 1}, .has_answer = false, .is_answered = false, .null_odds = 2},
          {.score = {0, 0}, .has_answer = false, .null_odds = -1}};
}

TEST(Squad2Metrics, AreSplitByWhetherThereIsAnAnswer) {
  const auto metrics = squad2_metrics(four(), std::nullopt);
  const std::map<std::string, double> expected = {
      {"exact", 50},       {"f1", 62.5},        {"total", 4},     {"HasAns_exact", 50}, {"HasAns_f1", 75},
      {"HasAns_total", 2}, {"NoAns_exact", 50}, {"NoAns_f1", 50}, {"NoAns_total", 2}};
  EXPECT_EQ(metrics, expected);
}

TEST(Squad2Metrics, ACategoryWithoutQuestionsHasNoScore) {
  const ScoredQuestion questions[] = {{.score = {1, 1}}};
  EXPECT_FALSE(squad2_metrics(questions, std::nullopt).contains("NoAns_exact"));
}

TEST(Squad2Metrics, OddsAboveTheThresholdCountAsNoAnswer) {
  const auto metrics = squad2_metrics(four(), -2);  // all but the first
  EXPECT_DOUBLE_EQ(metrics.at("exact"), 75);
  EXPECT_DOUBLE_EQ(metrics.at("HasAns_f1"), 50);
  EXPECT_DOUBLE_EQ(metrics.at("NoAns_exact"), 100);
}

TEST(Squad2Metrics, TheBestThresholdMaximisesTheScore) {
  const auto metrics = squad2_metrics(four(), 0);
  // By ascending odds: 2 without any answer, +1, -1, then +0 (exact) or +0.5 (F1), +0.
  EXPECT_DOUBLE_EQ(metrics.at("best_exact"), 75);
  EXPECT_DOUBLE_EQ(metrics.at("best_exact_thresh"), -3);
  EXPECT_DOUBLE_EQ(metrics.at("best_f1"), 75);
  EXPECT_DOUBLE_EQ(metrics.at("best_f1_thresh"), -3);
}

TEST(Squad2Metrics, TheBestThresholdIsZeroWhenNoAnswerHelps) {
  std::vector<ScoredQuestion> questions = four();
  questions[0].score = {};
  EXPECT_DOUBLE_EQ(squad2_metrics(questions, 0).at("best_exact"), 50);
  EXPECT_DOUBLE_EQ(squad2_metrics(questions, 0).at("best_exact_thresh"), 0);
}

TEST(Squad2Metrics, AMissingPredictionIsNeverRight) {
  std::vector<ScoredQuestion> questions = four();
  questions[2] = {.has_answer = false, .is_missing = true, .null_odds = 9};
  EXPECT_DOUBLE_EQ(squad2_metrics(questions, 5).at("NoAns_exact"), 0);
  EXPECT_DOUBLE_EQ(squad2_metrics(questions, 5).at("best_exact"), 50);
}

TEST(Squad2Metrics, OddsEqualToTheThresholdCountAsAnAnswer) {
  for (const double odds : {-2.0, 0.0, 1.5}) {
    const ScoredQuestion questions[] = {{.score = {1, 1}, .null_odds = odds}};
    EXPECT_DOUBLE_EQ(squad2_metrics(questions, odds).at("exact"), 100);
    EXPECT_DOUBLE_EQ(squad2_metrics(questions, std::nextafter(odds, -9.0)).at("exact"), 0);
    EXPECT_DOUBLE_EQ(squad2_metrics(questions, std::nextafter(odds, 9.0)).at("exact"), 100);
  }
}

TEST(Squad2Metrics, OddsThatAreNotFiniteAreAnError) {
  std::vector<ScoredQuestion> questions = four();
  questions[2].null_odds = std::nan("");
  EXPECT_EQ(message_of([&] { squad2_metrics(questions, 0); }),
            "the null odds of question 2 of 4 are nan: check the model's weights");
}

}  // namespace
}  // namespace rpp
