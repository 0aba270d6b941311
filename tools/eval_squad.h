// rpp-finetune eval-squad: scores a prediction file as the official evaluation scripts do. Needs no model.
#pragma once

#include <CLI/CLI.hpp>

#include "core/atomic_file.h"
#include "program/log.h"
#include "tasks/squad_evaluation.h"

namespace rpp {

struct EvalSquadArguments {
  SquadEvalOptions options;
  std::filesystem::path output;
};

inline void warn_of(const MissingIds& missing, const char* what, const char* consequence) {
  if (missing.count > 0) {
    log::warn("{} {}, the first '{}': {}", missing.count, what, missing.first, consequence);
  }
}

inline void run_eval_squad(const EvalSquadArguments& arguments) {
  const SquadEvalReport report = evaluate_squad_files(arguments.options);
  warn_of(report.without_prediction, "questions have no prediction", "they score 0");
  warn_of(report.without_question, "predictions do not belong to a question in the data", "they are ignored");
  const std::string json = squad_metrics_json(report.metrics);
  fmt::print("{}", json);
  if (!arguments.output.empty()) write_file_atomically(arguments.output, json);
}

inline void add_eval_squad(CLI::App& app, EvalSquadArguments& arguments) {
  CLI::App& command = *app.add_subcommand("eval-squad", "Score answers to SQuAD questions, without a model");
  SquadEvalOptions& options = arguments.options;
  command.add_option("data", options.data, "dev-v1.1.json or dev-v2.0.json, plain, .gz or .zst")->required();
  command.add_option("predictions", options.predictions, "JSON: {id: answer}")->required();
  command.add_option("--null-odds", options.null_odds,
                     "JSON: {id: number}; higher means more likely no answer");
  command.add_option("--null-threshold", options.null_threshold, "predict no answer if the odds are higher")
      ->capture_default_str();
  command.add_option("--output", arguments.output, "also write the scores to this file");
  command.add_option("--scores", options.scores, "write the scores of each question to this file");
  command.footer(
      "Example:\n"
      "  rpp-finetune eval-squad dev-v2.0.json runs/squad2/predictions.json --null-odds "
      "runs/squad2/null_odds.json");
  command.callback([&arguments] { run_eval_squad(arguments); });
}

}  // namespace rpp
