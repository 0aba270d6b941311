#include "eval/squad.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <unordered_map>
#include <vector>

#include "rpp/error.h"

namespace rpp {
namespace {

// Words separated by single blanks.
std::vector<std::string_view> split_words(std::string_view text) {
  std::vector<std::string_view> words;
  while (!text.empty()) {
    const size_t end = std::min(text.find(' '), text.size());
    words.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return words;
}

// For two non-empty lists.
double word_f1(const std::vector<std::string_view>& prediction, const std::vector<std::string_view>& gold) {
  std::unordered_map<std::string_view, int64_t> left;
  for (const std::string_view word : gold) ++left[word];
  int64_t num_same = 0;
  for (const std::string_view word : prediction) {
    const auto count = left.find(word);
    if (count != left.end() && count->second-- > 0) ++num_same;
  }
  if (num_same == 0) return 0;
  const double precision = static_cast<double>(num_same) / static_cast<double>(prediction.size());
  const double recall = static_cast<double>(num_same) / static_cast<double>(gold.size());
  return 2 * precision * recall / (precision + recall);
}

AnswerScore best_score(std::string_view prediction, std::span<const std::string> gold) {
  AnswerScore best;
  const auto words = split_words(prediction);
  for (const std::string& answer : gold) {
    if (answer == prediction) best.exact = 1;
    best.f1 = std::max(best.f1, word_f1(words, split_words(answer)));
  }
  return best;
}

struct Sums {
  double exact = 0, f1 = 0;
  int64_t total = 0;

  void add(const AnswerScore& score) {
    exact += score.exact;
    f1 += score.f1;
    ++total;
  }
  void write(const std::string& prefix, std::map<std::string, double>& metrics) const {
    if (total == 0) return;
    const auto count = static_cast<double>(total);
    metrics[prefix + "exact"] = 100 * exact / count;
    metrics[prefix + "f1"] = 100 * f1 / count;
    metrics[prefix + "total"] = count;
  }
};

// apply_no_ans_threshold
AnswerScore thresholded(const ScoredQuestion& question, std::optional<double> threshold) {
  if (question.is_missing || !threshold || question.null_odds <= *threshold) return question.score;
  const double score = question.has_answer ? 0 : 1;
  return {score, score};
}

struct BestThreshold {
  double score = 0, threshold = 0;
};

// find_best_thresh: starting from "no answer" for all, questions are answered one by one in order of
// ascending odds.
BestThreshold best_threshold(std::span<const ScoredQuestion> questions, double AnswerScore::*score) {
  std::vector<size_t> order(questions.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::ranges::stable_sort(order, {}, [&](size_t i) { return questions[i].null_odds; });
  double sum = 0;
  for (const ScoredQuestion& question : questions) sum += question.has_answer || question.is_missing ? 0 : 1;
  BestThreshold best{.score = sum};
  for (const size_t i : order) {
    const ScoredQuestion& question = questions[i];
    if (question.is_missing) continue;
    if (question.has_answer) {
      sum += question.score.*score;
    } else if (question.is_answered) {
      sum -= 1;
    }
    if (sum > best.score) best = {.score = sum, .threshold = question.null_odds};
  }
  best.score = 100 * best.score / static_cast<double>(questions.size());
  return best;
}

}  // namespace

AnswerScore squad1_score(std::string_view prediction, std::span<const std::string> gold) {
  return best_score(prediction, gold);
}

AnswerScore squad2_score(std::string_view prediction, std::span<const std::string> gold) {
  const bool has_gold = std::ranges::any_of(gold, [](const std::string& answer) { return !answer.empty(); });
  if (prediction.empty()) return has_gold ? AnswerScore{0, 0} : AnswerScore{1, 1};
  return best_score(prediction, gold);
}

std::map<std::string, double> squad1_metrics(std::span<const ScoredQuestion> questions) {
  Sums sums;
  for (const ScoredQuestion& question : questions) sums.add(question.score);
  const auto total = static_cast<double>(sums.total);
  return {{"exact_match", 100 * sums.exact / total}, {"f1", 100 * sums.f1 / total}};
}

std::map<std::string, double> squad2_metrics(std::span<const ScoredQuestion> questions,
                                             std::optional<double> null_threshold) {
  for (size_t i = 0; i < questions.size(); ++i) {
    RPP_CHECK(std::isfinite(questions[i].null_odds),
              "the null odds of question {} of {} are {}: check the model's weights", i, questions.size(),
              questions[i].null_odds);
  }
  Sums all, with_answer, without_answer;
  for (const ScoredQuestion& question : questions) {
    const AnswerScore score = thresholded(question, null_threshold);
    all.add(score);
    (question.has_answer ? with_answer : without_answer).add(score);
  }
  std::map<std::string, double> metrics;
  all.write("", metrics);
  with_answer.write("HasAns_", metrics);
  without_answer.write("NoAns_", metrics);
  if (!null_threshold) return metrics;
  const BestThreshold exact = best_threshold(questions, &AnswerScore::exact);
  const BestThreshold f1 = best_threshold(questions, &AnswerScore::f1);
  metrics["best_exact"] = exact.score;
  metrics["best_exact_thresh"] = exact.threshold;
  metrics["best_f1"] = f1.score;
  metrics["best_f1_thresh"] = f1.threshold;
  return metrics;
}

}  // namespace rpp
