// rpp-finetune: fine-tunes a BERT on a GLUE task, a custom task or SQuAD and keeps its zeros; scores and
// collects predictions.
#include "eval_squad.h"
#include "glue_commands.h"
#include "program/log.h"
#include "program/run_main.h"
#include "run_options.h"
#include "tool_main.h"
#include "train/libtorch_info.h"

namespace rpp {
namespace {

struct Arguments : RunArguments {
  std::vector<int64_t> seeds;
};

void add_options(CLI::App& app, Arguments& arguments) {
  app.add_option("config,--config", arguments.config, "YAML file; examples are in configs/finetune/");
  add_flag_of(
      app, "--task", "task", arguments,
      "cola, sst2, mrpc, stsb, qqp, mnli, qnli, rte, wnli, squad1, squad2; custom: your own files, with "
      "one label for a text, several (custom.multi_label), a number (custom.regression) or a tag for "
      "each word (custom.token_classification); embed: a sentence encoder");
  add_flag_of(app, "--data-dir", "data_dir", arguments,
              "directory with train.tsv and dev.tsv, or a subdirectory named after the task; for SQuAD "
              "train-v1.1.json and "
              "dev-v1.1.json");
  add_run_options(app, arguments);
  app.add_option("--seeds", arguments.seeds,
                 "one run per seed in OUTPUT_DIR/seed-N; reports mean and deviation of the scores")
      ->delimiter(',')
      ->excludes("--seed");
  app.footer(
      "Examples:\n"
      "  rpp-finetune --task sst2 --data-dir glue/SST-2 --model runs/pruned --output-dir runs/pruned-sst2\n"
      "  rpp-finetune configs/finetune/mrpc.yaml --data-dir glue --model my-bert --output-dir "
      "runs/mrpc \\\n"
      "               --seed 1 --set optimizer.learning_rate=3e-5\n"
      "  rpp-launch -n 2 -- rpp-finetune configs/finetune/mrpc.yaml    (docs/tutorials/many-processes.md)");
}

int finetune_with_seeds(const Arguments& arguments, const FinetuneConfig& config) {
  const SeedsOutcome outcome = run_finetuning_seeds(config, arguments.seeds, arguments.run);
  if (outcome.rank > 0) return outcome.stopped ? kStoppedStatus : 0;  // the first rank reports
  if (outcome.stopped) {
    fmt::print(
        "{}: stopped after {} of {} runs\nresume with: rpp-finetune --config {}/config.yaml --seeds {} "
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
  const FinetuneConfig config = load_finetune_config(arguments.config, arguments.overrides, arguments.flags);
  if (answered_without_a_run(arguments, config, check_finetuning)) return 0;
  if (!arguments.seeds.empty()) return finetune_with_seeds(arguments, config);
  const FinetuneOutcome outcome = run_finetuning(config, arguments.run);
  if (outcome.training.rank > 0) return outcome.training.stopped ? kStoppedStatus : 0;
  if (outcome.training.stopped) {
    fmt::print(
        "{}: stopped at step {}, not finished\nresume with: rpp-finetune --config {}/config.yaml --resume "
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
    CLI::App app{
        "Fine-tunes a BERT on a GLUE task, your own task or SQuAD; zeros of a pruned model stay zero.",
        "rpp-finetune"};
    rpp::add_options(app, arguments);
    rpp::EvalSquadArguments eval_squad;
    rpp::add_eval_squad(app, eval_squad);
    rpp::GlueCommandArguments glue;
    rpp::add_glue_commands(app, glue);
    if (!rpp::parse_command_line(app, argc, argv, rpp::libtorch_info(), rpp::finetune_setting_of)) return 0;
    if (!app.get_subcommands().empty()) return 0;  // it has run
    return rpp::finetune(arguments);
  });
}
