// rpp-launch: starts a program several times on this machine, as the ranks of one run.
#include <algorithm>
#include <vector>

#include "launch/launcher.h"
#include "program/run_main.h"
#include "tool_main.h"

namespace rpp {
namespace {

constexpr int64_t kMaxProcesses = 1024;

struct Arguments {
  int64_t num_processes = 0;
};

void add_options(CLI::App& app, Arguments& arguments) {
  app.add_option("-n", arguments.num_processes, "number of processes")
      ->required()
      ->check(CLI::Range(int64_t{1}, kMaxProcesses))
      ->type_name("N");
  app.footer(
      "rpp-launch -n N -- COMMAND [ARGUMENT...]\n"
      "Sets RANK, WORLD_SIZE, LOCAL_RANK, LOCAL_WORLD_SIZE, MASTER_ADDR and MASTER_PORT, as torchrun does.\n"
      "When a process fails, the others are ended, and its exit status is that of rpp-launch.\n"
      "Example:\n"
      "  rpp-launch -n 4 -- rpp-pretrain configs/pretrain/rpp-minilm.yaml --output-dir runs/mine");
}

int run(int argc, char** argv, const SignalQueue& signals) {
  char** const separator =
      std::find_if(argv, argv + argc, [](const char* word) { return std::string_view(word) == "--"; });
  Arguments arguments;
  CLI::App app{"Starts a program several times on this machine, as the ranks of one run.", "rpp-launch"};
  add_options(app, arguments);
  if (!parse_command_line(app, static_cast<int>(separator - argv), argv)) return 0;
  LaunchOptions options{.command = {}, .num_processes = arguments.num_processes};
  if (separator != argv + argc) options.command.assign(separator + 1, argv + argc);
  if (options.command.empty()) fail_usage("there is no command: write it behind --, as in rpp-launch --help");
  return launch(options, signals);
}

}  // namespace
}  // namespace rpp

int main(int argc, char** argv) {
  const rpp::SignalQueue signals;  // before run_main, which starts a thread
  return rpp::run_main("rpp-launch", [&] { return rpp::run(argc, argv, signals); });
}
