// Scores predictions with SQuAD's official metrics: those of a model in training, or in files.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "data/squad.h"
#include "tokenizer/squad_decode.h"

namespace rpp {

// exact_match and f1, or exact, f1, HasAns_..., NoAns_..., best_... and totals (eval/squad.h), with one
// prediction per question. The best thresholds are searched over the best spans and their null odds, not over
// answers that a threshold has already removed.
std::map<std::string, double> squad_metrics(const SquadData& data, SquadVersion version,
                                            std::span<const SquadPrediction> predictions,
                                            double null_threshold);

struct SquadEvalOptions {
  std::filesystem::path data, predictions;
  std::filesystem::path null_odds;  // empty: none
  double null_threshold = 1.0;      // the default of evaluate-v2.0.py
  std::filesystem::path scores;     // empty: none; else id, exact, f1 of each question, one per line
};

// Ids in one file that are missing in the other.
struct MissingIds {
  int64_t count = 0;
  std::string first;
};

struct SquadEvalReport {
  std::map<std::string, double> metrics;
  int64_t num_questions = 0;
  MissingIds without_prediction;  // questions: they score 0
  MissingIds without_question;    // predictions: they are ignored
};

// The is_impossible keys of the data set show whether it is version 2.0. Throws Error for damaged files, for
// null odds with a 1.1 set, and when a question has a prediction but no null odds.
SquadEvalReport evaluate_squad_files(const SquadEvalOptions& options);

// {"exact_match": ..., "f1": ...}: totals as integers.
std::string squad_metrics_json(const std::map<std::string, double>& metrics);

}  // namespace rpp
