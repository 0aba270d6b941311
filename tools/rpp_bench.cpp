// rpp-bench: benchmarks. A table on standard error; all measurements as JSON lines on standard output, unless
// that is a terminal.
#include <unistd.h>

#include "bench_commands.h"
#include "bert_format/model_file.h"
#include "bert_format/model_files.h"
#include "bert_format/model_path.h"
#include "config/load.h"
#include "core/atomic_file.h"
#include "program/log.h"
#include "program/run_main.h"
#include "tool_main.h"
#include "train/libtorch_info.h"

namespace rpp {
namespace {

const std::vector<std::string> kMethods(kPruneMethods.begin(), kPruneMethods.end());

struct Arguments {
  std::vector<std::string> models = {"configs/model/minilm-l6.yaml"};
  std::vector<int64_t> lengths = {128}, sequences = {16}, rows;
  TrainBench train;
  OptimizerBench optimizer;
  CheckpointBench checkpoint{.directory = "rpp-bench-checkpoint"};
  RankBench rank;
  TextBenches text;
  RuntimeBenches runtime;
};

ModelConfig model_sizes(const std::filesystem::path& model) {
  const bool is_model = std::filesystem::is_directory(model) || is_model_file(model);
  if (!is_model && hub_advice(model).empty()) return load_model_config(model);
  require_model_directory(model);
  const auto config = model / kConfigFile;
  return model_config_from_json(read_file(config), config.string());
}

// run(bench) for every model.
template <typename Bench, typename Run>
Measurements for_models(const Arguments& arguments, Bench bench, const Run& run) {
  Measurements lines;
  for (const auto& file : arguments.models) {
    bench.model_name = std::filesystem::path(file).stem().string();  // "bert-base"
    bench.model = model_sizes(file);
    for (auto& line : run(bench)) lines.push_back(std::move(line));
  }
  return lines;
}

// Every length with every number of sequences, unless rows are given explicitly.
std::vector<std::vector<int64_t>> rows_of(const Arguments& arguments) {
  if (!arguments.rows.empty()) return {arguments.rows};
  std::vector<std::vector<int64_t>> rows;
  for (const int64_t length : arguments.lengths) {
    for (const int64_t count : arguments.sequences) rows.emplace_back(static_cast<size_t>(count), length);
  }
  return rows;
}

Measurements train(const Arguments& arguments) {
  return for_models(arguments, arguments.train, [&](TrainBench bench) {
    Measurements lines;
    for (const auto& rows : rows_of(arguments)) {
      bench.rows.lengths = rows;
      lines.push_back(bench_train(bench).front());
    }
    return lines;
  });
}

// How the cost of a step scales.
Arguments scaling_arguments() {
  Arguments arguments{.lengths = {64, 128, 256, 512}, .sequences = {1, 8}, .train = {.steps = 1}};
  arguments.models.clear();
  for (const char* size : {"tiny", "mini", "small", "medium", "base"}) {
    arguments.models.push_back(fmt::format("configs/model/bert-{}.yaml", size));
  }
  return arguments;
}

void add_models(CLI::App& command, Arguments& arguments) {
  command.add_option("--model", arguments.models,
                     "files of configs/model/ or model directories, one or more");
}

// Rows of any length up to --length, different in each step.
Measurements memory(const Arguments& arguments) {
  return for_models(arguments, arguments.train, [&](TrainBench bench) {
    bench.rows.lengths = rows_of(arguments).front();
    return bench_memory(bench);
  });
}

CLI::App& add_steps(CLI::App& app, const char* name, const char* help, Arguments& a, Command& chosen,
                    Measurements (*run)(const Arguments&) = train) {
  auto& step = add_command(app, name, help, chosen, {[&a, run] { return run(a); }});
  add_models(step, a);
  step.add_option("--length", a.lengths, "tokens per row, one or more");
  step.add_option("--sequences", a.sequences, "rows per step, one or more");
  step.add_option("--rows", a.rows, "explicit row lengths, instead of --length and --sequences");
  add_choice(step, "--method", a.train.method, kMethods, "pruning method");
  add_choice(step, "--precision", a.train.precision, {"fp32", "bf16"},
             "precision of weights and activations");
  add_choice(step, "--device", a.train.device, {"automatic", "cpu", "cuda"}, "device to run on");
  step.add_flag("--activation-checkpointing", a.train.activation_checkpointing,
                "recompute layers in the backward pass");
  step.add_flag("--cuda-graph", a.train.cuda_graph, "on a GPU: record a pass once and replay it");
  step.add_option("--steps", a.train.steps,
                  "number of steps; the fastest step is reported, or memory over all of them")
      ->check(CLI::PositiveNumber);
  add_threads(step, a.train.num_threads);
  return step;
}

void add_training_commands(CLI::App& app, Arguments& a, Arguments& scaling, Arguments& long_run,
                           Command& chosen) {
  add_steps(app, "train", "Pre-training steps on random text", a, chosen)
      .footer(
          "Example:\n  rpp-bench train --model configs/model/bert-tiny.yaml configs/model/bert-base.yaml");
  add_steps(app, "scaling", "The same for several model sizes, lengths and batches; takes minutes", scaling,
            chosen)
      .footer("Example:\n  rpp-bench scaling --length 64 512 --sequences 1 16");
  add_steps(app, "memory", "Memory after 10, 30, 100, ... steps with varying row lengths; takes minutes",
            long_run, chosen, memory)
      .footer("Example:\n  rpp-bench memory --sequences 64 --length 128 --steps 3000");

  auto& update =
      add_command(app, "optimizer", "One optimizer update of all weights, compared with a memory copy",
                  chosen, {[&] { return for_models(a, a.optimizer, bench_optimizer); }});
  add_models(update, a);
  add_choice(update, "--precision", a.optimizer.precision, {"fp32", "bf16"}, "precision of the weights");
  add_choice(update, "--device", a.optimizer.device, {"automatic", "cpu", "cuda"}, "device to run on");
  add_threads(update, a.optimizer.num_threads);
  update.footer("Example:\n  rpp-bench optimizer --model configs/model/bert-base.yaml");

  auto& saving = add_command(app, "checkpoint", "Saving and loading a checkpoint, with hashes", chosen,
                             {[&] { return for_models(a, a.checkpoint, bench_checkpoint); }});
  add_models(saving, a);
  saving.add_option("--directory", a.checkpoint.directory,
                    "directory on the disk to measure; must not exist");
  saving.footer("Example:\n  rpp-bench checkpoint --model configs/model/bert-base.yaml");
}

void add_ranking(CLI::App& app, Arguments& a, Command& chosen) {
  auto& ranking = add_command(app, "rank", "Finding the exact pruning threshold of all weights", chosen,
                              {[&] { return bench_rank(a.rank); }});
  ranking.add_option("--entries", a.rank.entries, "number of weights")->check(CLI::PositiveNumber);
  ranking.add_option("--ratio", a.rank.ratio, "prune ratio")->check(CLI::Range(0.0, 1.0));
  ranking.add_option("--repeat", a.rank.repeat, "repetitions; the fastest is reported")
      ->check(CLI::PositiveNumber);
  ranking.footer("Example:\n  rpp-bench rank --entries 300000000");
}

}  // namespace
}  // namespace rpp

int main(int argc, char** argv) {
  return rpp::run_main("rpp-bench", [&] {
    rpp::init_logging();
    rpp::Arguments arguments, scaling = rpp::scaling_arguments();
    rpp::Arguments long_run{.sequences = {64}, .train = {.steps = 1000}};
    rpp::Command command;
    CLI::App app{"Benchmarks parts of rpp: prints a table, and JSON lines if the output is not a terminal.",
                 "rpp-bench"};
    bool json = false;
    app.add_flag("--json", json, "print JSON lines with all measurements on a terminal too");
    app.fallthrough();
    app.require_subcommand(1);
    rpp::add_training_commands(app, arguments, scaling, long_run, command);
    rpp::add_text_commands(app, arguments.text, command);
    rpp::add_ranking(app, arguments, command);
    rpp::add_runtime_commands(app, arguments.runtime, command);
    if (!rpp::parse_command_line(app, argc, argv, rpp::libtorch_info())) return 0;
    const auto lines = command.run();
    if (json || ::isatty(STDOUT_FILENO) == 0) {
      for (const auto& line : lines) fmt::print("{}\n", line.dump());
    }
    fmt::print(stderr, "{}", rpp::format_table(lines));
    if (command.conclude != nullptr) fmt::print(stderr, "{}", command.conclude(lines));
    return 0;
  });
}
