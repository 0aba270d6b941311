#include "tasks/squad_evaluation.h"

#include <nlohmann/json.hpp>
#include <unordered_map>
#include <vector>

#include "core/atomic_file.h"
#include "data/squad_predictions.h"
#include "eval/squad.h"
#include "rpp/error.h"
#include "tokenizer/answer_text.h"

namespace rpp {
namespace {

ScoredQuestion score_question(const SquadQuestion& question, SquadVersion version,
                              const std::string& prediction) {
  std::vector<std::string> gold;
  for (const SquadAnswer& answer : question.answers) gold.push_back(normalize_answer(answer.text));
  const std::string normalized = normalize_answer(prediction);
  return {
      .score = version == SquadVersion::v1 ? squad1_score(normalized, gold) : squad2_score(normalized, gold),
      .has_answer = !question.answers.empty(),
      .is_answered = !prediction.empty()};
}

void note(MissingIds& missing, const std::string& id) {
  if (missing.count++ == 0) missing.first = id;
}

std::vector<ScoredQuestion> score_all(const SquadData& data,
                                      const std::unordered_map<std::string, std::string>& predictions,
                                      SquadEvalReport& report) {
  std::vector<ScoredQuestion> scored;
  size_t num_found = 0;
  for (const SquadQuestion& question : data.questions) {
    const auto prediction = predictions.find(question.id);
    if (prediction == predictions.end()) {
      note(report.without_prediction, question.id);
      scored.push_back({.has_answer = !question.answers.empty(), .is_missing = true, .is_answered = false});
      continue;
    }
    ++num_found;
    scored.push_back(score_question(question, data.version, prediction->second));
  }
  report.without_question.count = static_cast<int64_t>(predictions.size() - num_found);
  return scored;
}

std::unordered_map<std::string_view, size_t> index_by_id(const SquadData& data) {
  std::unordered_map<std::string_view, size_t> index;
  for (size_t i = 0; i < data.questions.size(); ++i) index.emplace(data.questions[i].id, i);
  return index;
}

// The smallest of them, so that the map's order does not matter.
void name_unknown_prediction(const SquadData& data,
                             const std::unordered_map<std::string, std::string>& predictions,
                             MissingIds& unknown) {
  if (unknown.count == 0) return;
  const auto index = index_by_id(data);
  for (const auto& [id, answer] : predictions) {
    if (!index.contains(id) && (unknown.first.empty() || id < unknown.first)) unknown.first = id;
  }
}

// The questions and odds in the order of the file of null odds, then those without prediction.
std::vector<ScoredQuestion> with_null_odds(const SquadData& data, const std::vector<ScoredQuestion>& scored,
                                           const std::filesystem::path& file) {
  const auto index = index_by_id(data);
  std::vector<ScoredQuestion> ordered;
  std::vector<bool> has_odds(scored.size());
  for (const auto& [id, odds] : read_null_odds(file)) {
    const auto place = index.find(id);
    if (place == index.end()) continue;
    ordered.push_back(scored[place->second]);
    ordered.back().null_odds = odds;
    has_odds[place->second] = true;
  }
  for (size_t i = 0; i < scored.size(); ++i) {
    if (has_odds[i]) continue;
    RPP_CHECK(scored[i].is_missing, "{} has no null odds of '{}', which has a prediction", file,
              data.questions[i].id);
    ordered.push_back(scored[i]);
  }
  return ordered;
}

void write_scores(const std::filesystem::path& file, const SquadData& data,
                  const std::vector<ScoredQuestion>& scored) {
  std::string text = "id\texact\tf1\n";
  for (size_t i = 0; i < scored.size(); ++i) {
    text += fmt::format("{}\t{}\t{}\n", data.questions[i].id, scored[i].score.exact, scored[i].score.f1);
  }
  write_file_atomically(file, text);
}

}  // namespace

std::map<std::string, double> squad_metrics(const SquadData& data, SquadVersion version,
                                            std::span<const SquadPrediction> predictions,
                                            double null_threshold) {
  std::vector<ScoredQuestion> scored;
  for (size_t i = 0; i < predictions.size(); ++i) {
    scored.push_back(score_question(data.questions[i], version, predictions[i].best_text));
    scored.back().null_odds = predictions[i].null_odds;
  }
  return version == SquadVersion::v1 ? squad1_metrics(scored) : squad2_metrics(scored, null_threshold);
}

SquadEvalReport evaluate_squad_files(const SquadEvalOptions& options) {
  const SquadData data = read_squad(std::span(&options.data, 1));
  const auto predictions = read_squad_predictions(options.predictions);
  SquadEvalReport report{.metrics = {}, .num_questions = static_cast<int64_t>(data.questions.size())};
  const std::vector<ScoredQuestion> scored = score_all(data, predictions, report);
  name_unknown_prediction(data, predictions, report.without_question);
  if (!options.scores.empty()) write_scores(options.scores, data, scored);
  const bool has_odds = !options.null_odds.empty();
  if (data.version == SquadVersion::v1) {
    RPP_CHECK(!has_odds, "{} is of SQuAD 1.1, where every question has an answer: leave out the null odds",
              options.data);
    report.metrics = squad1_metrics(scored);
  } else if (has_odds) {
    report.metrics = squad2_metrics(with_null_odds(data, scored, options.null_odds), options.null_threshold);
  } else {
    report.metrics = squad2_metrics(scored, std::nullopt);
  }
  return report;
}

std::string squad_metrics_json(const std::map<std::string, double>& metrics) {
  nlohmann::ordered_json json;
  for (const auto& [name, value] : metrics) {
    if (name.ends_with("total")) {
      json[name] = static_cast<int64_t>(value);
    } else {
      json[name] = value;
    }
  }
  return json.dump(2) + "\n";
}

}  // namespace rpp
