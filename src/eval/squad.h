// The scores of SQuAD as the official evaluate-v1.1.py and evaluate-v2.0.py define them.
//
// Answers come in normalised (text/answer_text.h). 1.1 and 2.0 differ: in 2.0 a gold answer that normalises
// to nothing does not count, and nothing against nothing is a match in F1 too.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace rpp {

struct AnswerScore {
  double exact = 0, f1 = 0;  // in [0, 1], each the best over the gold answers
};

// F1 of words, each counted as often as both have it. No gold answer: (0, 0) in 1.1; in 2.0 no answer is the
// right one.
AnswerScore squad1_score(std::string_view prediction, std::span<const std::string> gold);
AnswerScore squad2_score(std::string_view prediction, std::span<const std::string> gold);

struct ScoredQuestion {
  AnswerScore score;        // of the prediction, whatever its null odds; 0 where it is missing
  bool has_answer = true;   // the data set gives one
  bool is_missing = false;  // there is no prediction
  bool is_answered = true;  // the prediction is a text, not ""
  double null_odds = 0;
};

// Per cent: exact_match, f1. Missing predictions count 0. There is at least one question.
std::map<std::string, double> squad1_metrics(std::span<const ScoredQuestion> questions);

// Per cent: exact, f1; over those with and without an answer HasAns_exact, HasAns_f1, NoAns_exact, NoAns_f1
// where there are such; total, HasAns_total, NoAns_total.
// With a threshold, null odds count: a question whose odds are larger counts as predicted without an answer;
// best_exact, best_f1 and best_exact_thresh, best_f1_thresh say what the best threshold would give (ties of
// odds in the order of the questions). Missing predictions count 0 (evaluate-v2.0.py leaves them out of the
// total). Throws Error for odds that are not finite.
std::map<std::string, double> squad2_metrics(std::span<const ScoredQuestion> questions,
                                             std::optional<double> null_threshold);

}  // namespace rpp
