// rpp-finetune: fine-tunes a BERT on a GLUE task and holds its zeros; scores and collects predictions.
#include <nlohmann/json.hpp>

#include "rpp/core/log.h"
#include "rpp/data/glue_predictions.h"
#include "rpp/data/glue_submission.h"
#include "rpp/eval/metrics.h"
#include "rpp/train/libtorch_info.h"
#include "run_options.h"
#include "tool_main.h"

namespace rpp {
namespace {

struct Arguments : RunArguments {
  std::filesystem::path config;
  std::string task, data_dir, model, output_dir;
  std::filesystem::path predictions, zip;  // of the subcommands
  std::vector<std::filesystem::path> runs;
  MissingTasks missing = MissingTasks::refuse;
};

using Command = int (*)(const Arguments&);

void add_options(CLI::App& app, Arguments& arguments) {
  app.add_option("--config", arguments.config, "YAML file; configs/finetune/ holds examples");
  app.add_option("--task", arguments.task,
                 "cola, sst2, mrpc, stsb, qqp, mnli, qnli, rte, wnli; custom: a task of your own");
  app.add_option("--data-dir", arguments.data_dir,
                 "holds train.tsv and dev.tsv, or a folder of the task's name");
  app.add_option("--model", arguments.model, "Hugging Face directory");
  app.add_option("--output-dir", arguments.output_dir, "a new directory for model and results");
  add_run_options(app, arguments);
  app.footer(
      "Examples:\n"
      "  rpp-finetune --task sst2 --data-dir glue/SST-2 --model runs/pruned --output-dir runs/pruned-sst2\n"
      "  rpp-finetune --config configs/finetune/mrpc.yaml --data-dir glue --model my-bert --output-dir "
      "runs/mrpc \\\n"
      "               --set train.seed=1 --set optimizer.learning_rate=3e-5");
}

// The program's own flags come after --set: they are checked and reported in the same way.
std::vector<std::string> all_overrides(const Arguments& arguments) {
  std::vector<std::string> overrides = arguments.overrides;
  const std::pair<const char*, const std::string&> flags[] = {{"task", arguments.task},
                                                              {"data_dir", arguments.data_dir},
                                                              {"model", arguments.model},
                                                              {"output_dir", arguments.output_dir}};
  for (const auto& [key, value] : flags) {
    if (!value.empty()) overrides.push_back(fmt::format("{}={}", key, value));
  }
  return overrides;
}

int finetune(const Arguments& arguments) {
  const FinetuneConfig config = load_finetune_config(arguments.config, all_overrides(arguments));
  if (answered_without_a_run(arguments, config, check_finetuning)) return 0;
  const FinetuneOutcome outcome = run_finetuning(config, arguments.run);
  if (outcome.training.stopped) {
    fmt::print("{}: stopped at step {}, not finished\n", config.output_dir, outcome.training.counters.step);
    return 0;
  }
  for (const auto& [name, value] : outcome.eval) fmt::print("{} = {:.4f}\n", name, value);
  return 0;
}

int eval_glue(const Arguments& arguments) {
  const GlueTask task = task_of_predictions(arguments.task, arguments.predictions);
  const GluePredictions rows = read_glue_predictions(task, arguments.predictions);
  nlohmann::ordered_json json(glue_metrics(task.metrics, rows.predictions, rows.labels));
  json["samples"] = rows.labels.size();
  fmt::print("{}\n", json.dump(2));
  return 0;
}

int submission(const Arguments& arguments) {
  for (const SubmissionFile& file : write_glue_submission(arguments.runs, arguments.zip, arguments.missing)) {
    const bool filled = file.source.empty();
    fmt::print("{:<12} {}\n", file.name, filled ? "filled with a constant" : file.source.string());
  }
  return 0;
}

// Without a subcommand the program fine-tunes.
void add_commands(CLI::App& app, Arguments& arguments, Command& chosen) {
  CLI::App& eval = *app.add_subcommand("eval-glue", "Metrics of a file of predictions, as JSON");
  eval.callback([&chosen] { chosen = eval_glue; });
  eval.add_option("task", arguments.task, "as for --task; mnli-mm")->required();
  eval.add_option("predictions", arguments.predictions, "eval_predictions_TASK.txt of a run")->required();
  eval.footer("Example:\n  rpp-finetune eval-glue mrpc runs/mrpc/eval_predictions_mrpc.txt");

  CLI::App& zip = *app.add_subcommand("submission", "The zip that the GLUE server takes");
  zip.callback([&chosen] { chosen = submission; });
  zip.add_option("--runs", arguments.runs, "output directories whose data had a test file")->required();
  zip.add_option("--output", arguments.zip, "the zip")->required();
  zip.add_flag_callback(
      "--fill-missing", [&arguments] { arguments.missing = MissingTasks::fill; },
      "give tasks without a run a constant answer");
  zip.footer(
      "Example:\n  rpp-finetune submission --runs runs/{cola,sst2,mnli} --output glue.zip --fill-missing");
}

}  // namespace
}  // namespace rpp

int main(int argc, char** argv) {
  return rpp::run_main("rpp-finetune", [&] {
    rpp::init_logging();
    rpp::Arguments arguments;
    CLI::App app{"Fine-tunes a BERT on a GLUE task; the zeros of a pruned one stay.", "rpp-finetune"};
    rpp::Command command = rpp::finetune;
    rpp::add_options(app, arguments);
    rpp::add_commands(app, arguments, command);
    if (!rpp::parse_command_line(app, argc, argv, rpp::libtorch_info())) return 0;
    return command(arguments);
  });
}
