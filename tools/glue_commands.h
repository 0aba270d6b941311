// rpp-finetune eval-glue and submission: score predictions of finished runs, and collect them for the GLUE
// server.
#pragma once

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "data/glue_predictions.h"
#include "data/glue_submission.h"
#include "eval/metrics.h"
#include "program/log.h"

namespace rpp {

struct GlueCommandArguments {
  std::string task;
  std::filesystem::path predictions, zip;
  std::vector<std::filesystem::path> runs;
  MissingTasks missing = MissingTasks::refuse;
};

inline void run_eval_glue(const GlueCommandArguments& arguments) {
  const GlueTask task = task_of_predictions(arguments.task, arguments.predictions);
  const GluePredictions rows = read_glue_predictions(task, arguments.predictions);
  nlohmann::ordered_json json(glue_metrics(task.metrics, rows.predictions, rows.labels));
  json["samples"] = rows.labels.size();
  fmt::print("{}\n", json.dump(2));
}

inline void run_submission(const GlueCommandArguments& arguments) {
  for (const SubmissionFile& file : write_glue_submission(arguments.runs, arguments.zip, arguments.missing)) {
    const bool filled = file.source.empty();
    fmt::print("{:<12} {}\n", file.name, filled ? "filled with a constant" : file.source.string());
  }
}

inline void add_glue_commands(CLI::App& app, GlueCommandArguments& arguments) {
  CLI::App& eval = *app.add_subcommand("eval-glue", "Compute the metrics of a prediction file, as JSON");
  eval.add_option("task", arguments.task, "as for --task; mnli-mm")->required();
  eval.add_option("predictions", arguments.predictions, "eval_predictions_TASK.txt of a run")->required();
  eval.footer("Example:\n  rpp-finetune eval-glue mrpc runs/mrpc/eval_predictions_mrpc.txt");
  eval.callback([&arguments] { run_eval_glue(arguments); });

  CLI::App& zip = *app.add_subcommand("submission", "Write the zip for the GLUE server");
  zip.add_option("--runs", arguments.runs, "output directories whose data had a test file")->required();
  zip.add_option("--output", arguments.zip, "zip file to write")->required();
  zip.add_flag_callback(
      "--fill-missing", [&arguments] { arguments.missing = MissingTasks::fill; },
      "give tasks without a run a constant answer");
  zip.footer(
      "Example:\n  rpp-finetune submission --runs runs/{cola,sst2,mnli} --output glue.zip --fill-missing");
  zip.callback([&arguments] { run_submission(arguments); });
}

}  // namespace rpp
