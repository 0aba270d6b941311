// rpp-export: packs a finished model into one small file without zeros, and unpacks it.
#include "bert_format/model_export.h"
#include "bert_format/model_files.h"
#include "bert_format/model_path.h"
#include "config/load.h"
#include "core/atomic_file.h"
#include "options.h"
#include "program/run_main.h"
#include "runtime/compare_outputs.h"
#include "tool_main.h"
#include "unpacked_model.h"

namespace rpp {
namespace {

constexpr double kTolerance = 1e-4;

struct Arguments {
  std::filesystem::path model, output, to_hf, verify;
  ExportOptions options;
  int num_threads = 0;
};

const std::map<std::string, Dtype> kTypes = {
    {"fp32", Dtype::f32}, {"bf16", Dtype::bf16}, {"fp16", Dtype::f16}, {"int8", Dtype::i8}};

int export_to_file(const Arguments& arguments) {
  const UnpackedModel source(arguments.model);
  require_model_directory(source.directory());
  const auto config = source.directory() / kConfigFile;
  model_config_from_json(read_file(config), config.string());  // refuses other architectures
  export_model(source.directory(), arguments.output, arguments.options);
  const auto model = RuntimeModel::load(arguments.output);
  const ExportReport report = measure_export(source.directory(), arguments.output);
  fmt::print("{}", format_report(report));
  if (!report.has_tokenizer) fmt::print("{} has no tokenizer: it is not in the file\n", arguments.model);
  fmt::print("{}: {} matrices will be multiplied without their zeros on this machine\n", arguments.output,
             model->num_sparse());
  return 0;
}

int unpack(const Arguments& arguments) {
  unpack_model(arguments.model, arguments.to_hf);
  fmt::print("{} written\n", arguments.to_hf);
  return 0;
}

bool verify_with(const std::string& kernels, const Arguments& arguments) {
  Session session(RuntimeModel::load(arguments.model, {.kernels = kernels}), arguments.num_threads);
  bool close = true;
  for (const auto& difference : compare_outputs(session, arguments.verify)) {
    fmt::print("{}, {}: largest difference {:.1e} of {} values", kernels, difference.name, difference.largest,
               difference.num_values);
    if (difference.num_texts > 0) {
      fmt::print(", another label for {} of {} texts", difference.other_labels, difference.num_texts);
    }
    fmt::print("\n");
    close = close && difference.largest <= kTolerance;
  }
  return close;
}

int verify(const Arguments& arguments) {
  if (std::filesystem::is_directory(arguments.verify) || is_model_file(arguments.verify)) {
    fail("{} is a model: --verify takes outputs, as rpp-inspect forward --output FILE writes them",
         arguments.verify);
  }
  bool close = true;
  for (const std::string& kernels : kernel_names()) close = verify_with(kernels, arguments) && close;
  if (!close) fmt::print("the outputs differ by more than {:.0e}\n", kTolerance);
  return close ? 0 : 1;
}

void add_options(CLI::App& app, Arguments& arguments) {
  add_model(app, arguments.model, "Hugging Face directory or model file");
  CLI::Option* output = app.add_option("--output", arguments.output, "write this model file");
  CLI::Option* to_hf =
      app.add_option("--to-hf", arguments.to_hf, "write the model file back as this directory");
  app.add_option(
         "--verify", arguments.verify,
         "compare outputs with this file of rpp-inspect forward, with the kernels of every instruction "
         "set that this machine has; exit status 1 when they differ")
      ->excludes(output)
      ->excludes(to_hf);
  to_hf->excludes(output);
  const auto add_type = [&](const char* name, Dtype& type, const char* help) {
    add_choice(app, name, type, kTypes, help)->needs(output);
  };
  add_type("--values", arguments.options.values, "type of matrix values; default: fp32");
  add_type("--embeddings", arguments.options.embeddings, "type of the embeddings; default: fp32");
  add_threads(app, arguments.num_threads, "threads for --verify; 0: all cores");
  app.footer(
      "The file contains weights, configuration, tokenizer and scores. The zstd column is the size that a\n"
      "general-purpose compressor reaches for the same bytes.\n"
      "Examples:\n"
      "  rpp-export runs/pruned-sst2 --output sst2.rpp\n"
      "  rpp-export runs/pruned-sst2 --output sst2.rpp --values int8 --embeddings int8\n"
      "  rpp-export sst2.rpp --to-hf sst2-again\n"
      "  rpp-export sst2.rpp --verify outputs.safetensors");
}

}  // namespace
}  // namespace rpp

int main(int argc, char** argv) {
  return rpp::run_main("rpp-export", [&] {
    rpp::Arguments arguments;
    CLI::App app{"Packs a finished model into one small file.", "rpp-export"};
    rpp::add_options(app, arguments);
    if (!rpp::parse_command_line(app, argc, argv)) return 0;
    if (!arguments.output.empty()) return rpp::export_to_file(arguments);
    if (!arguments.to_hf.empty()) return rpp::unpack(arguments);
    if (!arguments.verify.empty()) return rpp::verify(arguments);
    rpp::fail_usage("nothing to do: give --output, --to-hf or --verify (see rpp-export --help)");
  });
}
