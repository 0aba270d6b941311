// rpp-inspect: inspects a model: its ratios, the verification of its zeros, its outputs.
#include "analysis/compact.h"
#include "analysis/patterns.h"
#include "core/atomic_file.h"
#include "options.h"
#include "program/log.h"
#include "program/run_main.h"
#include "prune/report.h"
#include "tasks/inspect.h"
#include "tasks/transfer_mask.h"
#include "tool_main.h"
#include "train/libtorch_info.h"
#include "unpacked_model.h"

namespace rpp {
namespace {

struct Arguments {
  std::filesystem::path model, other_model, against, mask, input, output, json;
  int64_t max_seq_length = 0;
  std::string precision = "fp32";
  bool per_layer = false;
};

int print_ratios(const Arguments& arguments) {
  const UnpackedModel source(arguments.model);
  const OpenModel model = open_model(source.directory());
  fmt::print("{}", format_report(sparsity_report(*model.params, model.num_parameters)));
  return 0;
}

int verify(const Arguments& arguments) {
  const UnpackedModel model(arguments.model), against(arguments.against);
  const ZeroProof proof = prove_zeros(model.directory(), against.directory());
  fmt::print("{}", format_proof(proof));
  return proof.holds() ? 0 : 1;
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

int forward(const Arguments& arguments) {
  const UnpackedModel model(arguments.model);
  const auto counts =
      forward_file(model.directory(), arguments.input, arguments.output,
                   {.max_seq_length = arguments.max_seq_length, .precision = arguments.precision});
  fmt::print("{}: {} texts, {} tokens\n", arguments.output, counts.texts, counts.tokens);
  return 0;
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

  auto& outputs = add_command(app, "forward", "Outputs for given texts, as safetensors", forward, chosen);
  add_inspected_model(outputs, arguments);
  outputs.add_option("--input", arguments.input, "one text per line, or two separated by a tab")->required();
  outputs.add_option("--output", arguments.output, "safetensors file")->required();
  outputs
      .add_option("--max-seq-length", arguments.max_seq_length,
                  "maximum tokens; default: the model's positions")
      ->check(CLI::NonNegativeNumber);
  add_choice(outputs, "--precision", arguments.precision, {"fp32", "bf16"}, "of the weights")
      ->capture_default_str();
  outputs.footer(
      "Example:\n  rpp-inspect forward --model runs/rpp --input texts.tsv --output out.safetensors");

  app.require_subcommand(1);
  app.footer("Example:\n  rpp-inspect ratios runs/rpp\nEach subcommand's --help has its own example.");
}

}  // namespace
}  // namespace rpp

int main(int argc, char** argv) {
  return rpp::run_main("rpp-inspect", [&] {
    rpp::init_logging();
    rpp::Arguments arguments;
    rpp::Command command = nullptr;
    CLI::App app{"Inspects a finished model.", "rpp-inspect"};
    rpp::add_commands(app, arguments, command);
    if (!rpp::parse_command_line(app, argc, argv, rpp::libtorch_info())) return 0;
    return command(arguments);
  });
}
