// rpp-pretrain: masked-LM and next-sentence pre-training, with pruning, from a configuration file.
#include <cmath>

#include "core/progress.h"
#include "program/log.h"
#include "program/run_main.h"
#include "run_options.h"
#include "tool_main.h"
#include "train/libtorch_info.h"

namespace rpp {
namespace {

struct Arguments : RunArguments {
  int64_t verify_resume = 0;
};

void add_options(CLI::App& app, Arguments& arguments) {
  app.add_option("config,--config", arguments.config, "YAML file; examples are in configs/pretrain/")
      ->required();
  add_run_options(app, arguments);
  app.add_option("--verify-resume", arguments.verify_resume,
                 "verify over this many steps that a resumed run repeats the uninterrupted one bit for bit")
      ->type_name("STEPS");
  app.footer(
      "Examples:\n"
      "  rpp-pretrain configs/pretrain/rpp-minilm.yaml --check\n"
      "  rpp-pretrain configs/pretrain/rpp-minilm.yaml --model my-bert --output-dir runs/mine\n"
      "  rpp-pretrain configs/pretrain/rpp-minilm.yaml --resume auto\n"
      "  rpp-launch -n 2 -- rpp-pretrain configs/pretrain/rpp-minilm.yaml    "
      "(docs/tutorials/many-processes.md)");
}

int prove_resume(const PretrainConfig& config, int64_t steps) {
  const ResumeProof proof = verify_pretraining_resume(config, steps);
  if (!proof.difference.empty()) {
    fmt::print("resume differs: {} after {} steps, stopped and resumed at {}\n", proof.difference,
               proof.steps, proof.stopped_at);
    return 1;
  }
  fmt::print(
      "resume is exact: weights, moments, mask and pruner after {} steps are bit for bit those of the run "
      "stopped and resumed at {}\n",
      proof.steps, proof.stopped_at);
  return 0;
}

int run(const Arguments& arguments) {
  const PretrainConfig config = load_pretrain_config(arguments.config, arguments.overrides, arguments.flags);
  if (answered_without_a_run(arguments, config, check_pretraining)) return 0;
  if (arguments.verify_resume != 0) return prove_resume(config, arguments.verify_resume);
  const TrainOutcome outcome = run_pretraining(config, arguments.run);
  if (outcome.rank > 0) return outcome.stopped ? kStoppedStatus : 0;  // the first rank reports
  fmt::print("{}: {} steps, {} tokens, {} tokens/s{}\n", config.output_dir, outcome.counters.step,
             format_count(outcome.counters.tokens), format_count(std::llround(outcome.tokens_per_second)),
             outcome.stopped ? " (stopped, not finished)" : "");
  if (!outcome.stopped) return 0;
  fmt::print("resume with: rpp-pretrain {}/config.yaml --resume auto\n", config.output_dir);
  return kStoppedStatus;
}

}  // namespace
}  // namespace rpp

int main(int argc, char** argv) {
  return rpp::run_main("rpp-pretrain", [&] {
    rpp::init_logging();
    rpp::Arguments arguments;
    CLI::App app{"Pre-trains a BERT on shards, with optional pruning.", "rpp-pretrain"};
    rpp::add_options(app, arguments);
    if (!rpp::parse_command_line(app, argc, argv, rpp::libtorch_info(), rpp::pretrain_setting_of)) return 0;
    return rpp::run(arguments);
  });
}
