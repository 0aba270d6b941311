// rpp-inspect: inspects a model: its ratios, the verification of its zeros, its outputs.
#include <unistd.h>

#include <cstring>

#include "analysis/compact.h"
#include "analysis/model_zeros.h"
#include "analysis/overlap.h"
#include "analysis/patterns.h"
#include "analysis/transfer_mask.h"
#include "analysis/verify_zeros.h"
#include "core/atomic_file.h"
#include "options.h"
#include "program/log.h"
#include "program/run_main.h"
#include "tool_main.h"
#include "unpacked_model.h"

namespace rpp {
namespace {

struct Arguments {
  std::filesystem::path model, other_model, against, mask, input, output, json;
  bool per_layer = false;
};

int print_ratios(const Arguments& arguments) {
  const UnpackedModel source(arguments.model);
  const ModelZeros model = read_zeros(source.directory());
  fmt::print("{}{}{}", format_report(sparsity_report(model)), format_blocks(model), format_method(model));
  return 0;
}

int verify(const Arguments& arguments) {
  const UnpackedModel model(arguments.model), against(arguments.against);
  const ZeroCheck check = verify_zeros(model.directory(), against.directory());
  fmt::print("{}", format_check(check));
  return check.holds() ? 0 : 1;
}

int diff(const Arguments& arguments) {
  const UnpackedModel a(arguments.model), b(arguments.other_model);
  fmt::print("{}", compare_models(a.directory(), b.directory()));
  return 0;
}

int patterns(const Arguments& arguments) {
  const UnpackedModel model(arguments.model);
  const ModelPatterns found = find_patterns(read_encoder_zeros(model.directory()));
  fmt::print("{}", format_patterns(found));
  if (!arguments.json.empty()) write_file_atomically(arguments.json, to_json(found));
  return 0;
}

int compact(const Arguments& arguments) {
  const auto sizes = arguments.per_layer ? CompactSizes::per_layer : CompactSizes::uniform;
  const UnpackedModel model(arguments.model);
  const auto report = compact_model(model.directory(), arguments.output, {sizes, arguments.input});
  fmt::print("{}", format_compaction(report));
  return 0;
}

int transfer(const Arguments& arguments) {
  const UnpackedModel model(arguments.model), mask(arguments.mask);
  fmt::print("{}", format_ratios(transfer_mask(model.directory(), mask.directory(), arguments.output)));
  return 0;
}

// Only this command needs LibTorch. It is a separate program in the same directory, so that the others start
// without loading LibTorch.
constexpr const char* kForward = "forward";

[[noreturn]] void run_forward(char** argv) {
  const auto program = std::filesystem::read_symlink("/proc/self/exe").parent_path() / "rpp-inspect-forward";
  ::execv(program.c_str(), argv);
  fail("cannot start {}: {} (it is in builds with LibTorch)", program, std::strerror(errno));
}

using Command = int (*)(const Arguments&);

// Adds the subcommand, which sets `chosen` when it is given.
CLI::App& add_command(CLI::App& app, const char* name, const char* help, Command command, Command& chosen) {
  CLI::App& subcommand = *app.add_subcommand(name, help);
  subcommand.callback([command, &chosen] { chosen = command; });
  return subcommand;
}

void add_inspected_model(CLI::App& command, Arguments& arguments) {
  add_model(command, arguments.model, "Hugging Face directory, checkpoint directory or model file");
}

void add_commands(CLI::App& app, Arguments& arguments, Command& chosen) {
  auto& ratios =
      add_command(app, "ratios", "Zeros of every prunable matrix, and both ratios", print_ratios, chosen);
  add_inspected_model(ratios, arguments);
  ratios.footer("Example:\n  rpp-inspect ratios runs/rpp");

  auto& proof = add_command(app, "verify", "Verify that pruned weights are still zero; exit status 1 if not",
                            verify, chosen);
  add_inspected_model(proof, arguments);
  proof.add_option("--against", arguments.against,
                   "a mask file, or a model whose zeros must hold; default: mask.safetensors of MODEL");
  proof.footer("Example:\n  rpp-inspect verify runs/rpp-sst2 --against runs/rpp");

  auto& overlap = add_command(
      app, "diff", "Overlap of the weights that two models prune, compared with chance", diff, chosen);
  overlap.add_option("a", arguments.model, "Hugging Face directory or model file")->required();
  overlap.add_option("b", arguments.other_model, "another of the same architecture")->required();
  overlap.footer("Example:\n  rpp-inspect diff runs/rpp runs/nip");

  auto& structure = add_command(
      app, "patterns", "Structure of the zeros: rows, columns, heads, parts that are pruned together",
      patterns, chosen);
  add_inspected_model(structure, arguments);
  structure.add_option("--json", arguments.json, "also write the numbers to this file");
  structure.footer(
      "Example:\n  rpp-inspect patterns runs/rpp --json patterns.json\n  scripts/heatmap.py runs/rpp "
      "rpp.png");

  auto& smaller = add_command(
      app, "compact", "Remove dead parts of a model and verify that its outputs are equal", compact, chosen);
  add_inspected_model(smaller, arguments);
  smaller.add_option("--output", arguments.output, "directory for the new model")->required();
  smaller.add_option("--input", arguments.input,
                     "texts for the comparison; default: a few built-in sentences");
  smaller.add_flag("--per-layer", arguments.per_layer,
                   "also remove parts of heads; only rpp can read the result");
  smaller.footer("Example:\n  rpp-inspect compact runs/rpp --output runs/rpp-compact");

  auto& other = add_command(app, "transfer", "Apply the zeros of one model to another", transfer, chosen);
  add_inspected_model(other, arguments);
  other.add_option("--mask", arguments.mask, "a mask file, or a pruned model")->required();
  other.add_option("--output", arguments.output, "directory for the new model")->required();
  other.footer("Example:\n  rpp-inspect transfer runs/dense --mask runs/rpp --output runs/dense-as-rpp");

  app.add_subcommand(kForward, "Outputs for given texts, as safetensors");  // for --help: see run_forward

  app.require_subcommand(1);
  app.footer("Example:\n  rpp-inspect ratios runs/rpp\nEach subcommand's --help has its own example.");
}

}  // namespace
}  // namespace rpp

int main(int argc, char** argv) {
  return rpp::run_main("rpp-inspect", [&] {
    if (argc > 1 && argv[1] == std::string_view(rpp::kForward)) rpp::run_forward(argv + 1);
    rpp::init_logging();
    rpp::Arguments arguments;
    rpp::Command command = nullptr;
    CLI::App app{"Inspects a finished model.", "rpp-inspect"};
    rpp::add_commands(app, arguments, command);
    if (!rpp::parse_command_line(app, argc, argv)) return 0;
    return command(arguments);
  });
}
