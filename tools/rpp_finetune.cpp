// rpp-finetune: fine-tunes a BERT on a GLUE task, one's own or SQuAD and holds its zeros; scores and collects
// predictions.
#include "eval_squad.h"
#include "glue_commands.h"
#include "rpp/core/log.h"
#include "rpp/train/libtorch_info.h"
#include "run_options.h"
#include "tool_main.h"

namespace rpp {
namespace {

struct Arguments : RunArguments {
  std::filesystem::path config;
  std::string task, data_dir, model, output_dir;
  std::vector<int64_t> seeds;
};

void add_options(CLI::App& app, Arguments& arguments) {
  app.add_option("--config", arguments.config, "YAML file; configs/finetune/ holds examples");
  app.add_option(
      "--task", arguments.task,
      "cola, sst2, mrpc, stsb, qqp, mnli, qnli, rte, wnli, squad1, squad2; custom: a task of your own");
  app.add_option("--data-dir", arguments.data_dir,
                 "holds train.tsv and dev.tsv, or a folder of the task's name; for SQuAD train-v1.1.json and "
                 "dev-v1.1.json");
  app.add_option("--model", arguments.model, "Hugging Face directory");
  app.add_option("--output-dir", arguments.output_dir, "a new directory for model and results");
  app.add_option("--seeds", arguments.seeds,
                 "a run for each in OUTPUT_DIR/seed-N; mean and deviation of the scores")
      ->delimiter(',');
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

int finetune_with_seeds(const Arguments& arguments, const FinetuneConfig& config) {
  const SeedsOutcome outcome = run_finetuning_seeds(config, arguments.seeds, arguments.run);
  if (outcome.stopped) {
    fmt::print(
        "{}: stopped after {} of {} runs\ngo on with: rpp-finetune --config {}/config.yaml --seeds {} "
        "--resume auto\n",
        config.output_dir, outcome.finished, arguments.seeds.size(), config.output_dir,
        fmt::join(arguments.seeds, ","));
    return kStoppedStatus;
  }
  for (const auto& [name, over_seeds] : outcome.eval) {
    fmt::print("{} = {:.4f} +- {:.4f} ({} seeds)\n", name, over_seeds.mean, over_seeds.sd, over_seeds.n);
  }
  return 0;
}

int finetune(const Arguments& arguments) {
  const FinetuneConfig config = load_finetune_config(arguments.config, all_overrides(arguments));
  if (answered_without_a_run(arguments, config, check_finetuning)) return 0;
  if (!arguments.seeds.empty()) return finetune_with_seeds(arguments, config);
  const FinetuneOutcome outcome = run_finetuning(config, arguments.run);
  if (outcome.training.stopped) {
    fmt::print(
        "{}: stopped at step {}, not finished\ngo on with: rpp-finetune --config {}/config.yaml --resume "
        "auto\n",
        config.output_dir, outcome.training.counters.step, config.output_dir);
    return kStoppedStatus;
  }
  for (const auto& [name, value] : outcome.eval) {
    const bool is_count = name.starts_with("eval_samples");
    fmt::print("{} = {:.{}f}\n", name, value, is_count ? 0 : 4);
  }
  return 0;
}

}  // namespace
}  // namespace rpp

int main(int argc, char** argv) {
  return rpp::run_main("rpp-finetune", [&] {
    rpp::init_logging();
    rpp::Arguments arguments;
    CLI::App app{"Fine-tunes a BERT on a GLUE task, one's own or SQuAD; the zeros of a pruned one stay.",
                 "rpp-finetune"};
    rpp::add_options(app, arguments);
    rpp::EvalSquadArguments eval_squad;
    rpp::add_eval_squad(app, eval_squad);
    rpp::GlueCommandArguments glue;
    rpp::add_glue_commands(app, glue);
    if (!rpp::parse_command_line(app, argc, argv, rpp::libtorch_info())) return 0;
    if (!app.get_subcommands().empty()) return 0;  // it has run
    return rpp::finetune(arguments);
  });
}
