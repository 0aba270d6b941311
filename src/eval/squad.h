// The scores of SQuAD as the official evaluate-v1.1.py and evaluate-v2.0.py define them.
//
// Answers must be normalised (tokenizer/answer_text.h). 1.1 and 2.0 differ: in 2.0 a gold answer that
// normalises to an empty text is ignored, and two empty answers also match in F1.
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

// F1 of words, counted with multiplicity. Without gold answers: (0, 0) in 1.1; in 2.0 an empty prediction is
// correct.
AnswerScore squad1_score(std::string_view prediction, std::span<const std::string> gold);
AnswerScore squad2_score(std::string_view prediction, std::span<const std::string> gold);

struct ScoredQuestion {
  AnswerScore score;        // of the prediction, whatever its null odds; 0 if missing
  bool has_answer = true;   // the data set has one
  bool is_missing = false;  // there is no prediction
  bool is_answered = true;  // the prediction is not ""
  double null_odds = 0;
};

// In percent: exact_match, f1. Missing predictions count as 0. Needs at least one question.
std::map<std::string, double> squad1_metrics(std::span<const ScoredQuestion> questions);

// In percent: exact, f1; for questions with and without an answer HasAns_exact, HasAns_f1, NoAns_exact,
// NoAns_f1 if there are any; total, HasAns_total, NoAns_total.
// With a threshold, null odds count: a question with larger odds counts as predicted without an answer;
// best_exact, best_f1 and best_exact_thresh, best_f1_thresh are the results of the best threshold (ties of
// odds in the order of the questions). Missing predictions count as 0 (evaluate-v2.0.py excludes them from
// the total). Throws Error for non-finite odds.
std::map<std::string, double> squad2_metrics(std::span<const ScoredQuestion> questions,
                                             std::optional<double> null_threshold);

}  // namespace rpp
