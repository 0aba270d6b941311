#include "tasks/squad_evaluation.h"

#include <gtest/gtest.h>

#include "core/atomic_file.h"
#include "data/fake_tokenizer.h"

namespace rpp {
namespace {

constexpr std::string_view kFirst = R"({"data": [{"paragraphs": [{"context": "Ann met the Bob.", "qas": [
  {"id": "a", "question": "?", "answers": [{"text": "Ann", "answer_start": 0}, {"text": "Ann met", "answer_start": 0}]},
  {"id": "b", "question": "?", "answers": [{"text": "the Bob", "answer_start": 8}]}]}]}]})";
constexpr std::string_view kSecond = R"({"data": [{"paragraphs": [{"context": "Ann met the Bob.", "qas": [
  {"id": "a", "question": "?", "is_impossible": false, "answers": [{"text": "Ann", "answer_start": 0}]},
  {"id": "b", "question": "?", "is_impossible": true, "answers": []}]}]}]})";

class SquadEvaluation : public testing::Test {
 protected:
  SquadEvalReport evaluate(std::string_view data, std::string_view predictions, std::string_view odds = "",
                           double threshold = 1.0) const {
    SquadEvalOptions options{.data = dir_.write("data.json", data),
                             .predictions = dir_.write("predictions.json", predictions),
                             .null_odds = {},
                             .null_threshold = threshold,
                             .scores = dir_ / "scores.tsv"};
    if (!odds.empty()) options.null_odds = dir_.write("odds.json", odds);
    return evaluate_squad_files(options);
  }
  const TestDir dir_{
      fmt::format("squad_evaluation_{}", testing::UnitTest::GetInstance()->current_test_info()->name())};
};

TEST_F(SquadEvaluation, NormalisedAnswersAreComparedWithTheBestGoldAnswer) {
  const auto report = evaluate(kFirst, R"({"a": "ANN met!", "b": "Bob or Ann"})");
  EXPECT_DOUBLE_EQ(report.metrics.at("exact_match"), 50);
  EXPECT_DOUBLE_EQ(report.metrics.at("f1"), 75);
  EXPECT_EQ(read_file(dir_ / "scores.tsv"), "id\texact\tf1\na\t1\t1\nb\t0\t0.5\n");
}

TEST_F(SquadEvaluation, TheSmallestOfManyUnknownIdsIsNamed) {
  std::string predictions = R"({"a": "Ann", "b": "Bob")";
  for (int i = 50; i > 10; --i) predictions += fmt::format(R"(, "u{}": "x")", i);
  const auto report = evaluate(kFirst, predictions + "}");
  EXPECT_EQ(report.without_question.count, 40);
  EXPECT_EQ(report.without_question.first, "u11");
}

TEST(SquadMetricsJson, QuestionCountsAreIntegers) {
  EXPECT_EQ(squad_metrics_json({{"HasAns_total", 3}, {"NoAns_total", 2}, {"exact", 50}, {"total", 5}}),
            "{\n  \"HasAns_total\": 3,\n  \"NoAns_total\": 2,\n  \"exact\": 50.0,\n  \"total\": 5\n}\n");
}

TEST_F(SquadEvaluation, MissingAndUnknownIdsAreCountedAndNamed) {
  const auto report = evaluate(kFirst, R"({"b": "Bob", "z": "x", "y": "x"})");
  EXPECT_DOUBLE_EQ(report.metrics.at("exact_match"), 50);
  EXPECT_EQ(report.without_prediction.count, 1);
  EXPECT_EQ(report.without_prediction.first, "a");
  EXPECT_EQ(report.without_question.count, 2);
  EXPECT_EQ(report.without_question.first, "y");
}

TEST_F(SquadEvaluation, TheFirstOfManyQuestionsWithoutPredictionIsNamed) {
  const auto report = evaluate(kFirst, R"({"z": "x"})");
  EXPECT_EQ(report.without_prediction.count, 2);
  EXPECT_EQ(report.without_prediction.first, "a");
}

// As in the official script: the best threshold for "a" also accepts "the", an answer to an unanswerable
// question.
TEST_F(SquadEvaluation, AnArticleAloneIsAnAnswer) {
  const auto report = evaluate(kSecond, R"({"a": "Ann", "b": "the"})", R"({"a": -1, "b": -2})");
  EXPECT_DOUBLE_EQ(report.metrics.at("best_exact"), 50);
}

TEST_F(SquadEvaluation, InVersionTwoNoAnswerIsAnAnswer) {
  const auto report = evaluate(kSecond, R"({"a": "Ann", "b": ""})");
  EXPECT_DOUBLE_EQ(report.metrics.at("exact"), 100);
  EXPECT_DOUBLE_EQ(report.metrics.at("NoAns_f1"), 100);
  EXPECT_FALSE(report.metrics.contains("best_exact"));
}

TEST_F(SquadEvaluation, NullOddsAboveTheThresholdMeanNoAnswer) {
  const auto report = evaluate(kSecond, R"({"a": "Ann", "b": "Bob"})", R"({"b": 2, "a": -1})");
  EXPECT_DOUBLE_EQ(report.metrics.at("exact"), 100);
  EXPECT_DOUBLE_EQ(
      evaluate(kSecond, R"({"a": "Ann", "b": "Bob"})", R"({"b": 2, "a": -1})", 3).metrics.at("exact"), 50);
  EXPECT_DOUBLE_EQ(report.metrics.at("best_exact_thresh"), -1);
}

TEST_F(SquadEvaluation, MissingNullOddsAndNullOddsInVersionOneAreRefused) {
  const auto missing = message_of([&] { evaluate(kSecond, R"({"a": "Ann", "b": ""})", R"({"b": 2})"); });
  EXPECT_TRUE(missing.ends_with("odds.json has no null odds of 'a', which has a prediction")) << missing;
  const auto first = message_of([&] { evaluate(kFirst, R"({"a": "Ann"})", R"({"a": 2})"); });
  EXPECT_TRUE(
      first.ends_with("is of SQuAD 1.1, where every question has an answer: leave out the null odds"));
}

TEST(SquadMetricsJson, TotalsAreIntegers) {
  EXPECT_EQ(squad_metrics_json({{"exact", 50}, {"total", 2}}), "{\n  \"exact\": 50.0,\n  \"total\": 2\n}\n");
}

TEST(SquadMetrics, TheBestThresholdIsSearchedOverTheBestSpans) {
  const SquadData data{.contexts = {"Ann"},
                       .questions = {{.id = "a", .text = "?", .answers = {{.text = "Ann", .begin = 0}}},
                                     {.id = "b", .text = "?"}},
                       .version = SquadVersion::v2};
  // The threshold of 0 has removed the first answer; a higher one would not.
  const SquadPrediction predictions[] = {{.text = "", .best_text = "Ann", .null_odds = 1},
                                         {.text = "", .best_text = "Ann", .null_odds = 2}};
  const auto metrics = squad_metrics(data, SquadVersion::v2, predictions, 0);
  EXPECT_DOUBLE_EQ(metrics.at("exact"), 50);
  EXPECT_DOUBLE_EQ(metrics.at("best_exact"), 100);
  EXPECT_DOUBLE_EQ(metrics.at("best_exact_thresh"), 1);
}

}  // namespace
}  // namespace rpp
