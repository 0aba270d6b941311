// rpp-inspect forward: the outputs of a model for given texts, computed by LibTorch. Started by rpp-inspect.
#include "options.h"
#include "program/log.h"
#include "program/run_main.h"
#include "tasks/inspect.h"
#include "tool_main.h"
#include "train/libtorch_info.h"
#include "unpacked_model.h"

namespace rpp {
namespace {

struct Arguments {
  std::filesystem::path model, input, output;
  int64_t max_seq_length = 0;
  std::string precision = "fp32";
};

int forward(const Arguments& arguments) {
  const UnpackedModel model(arguments.model);
  const auto counts =
      forward_file(model.directory(), arguments.input, arguments.output,
                   {.max_seq_length = arguments.max_seq_length, .precision = arguments.precision});
  fmt::print("{}: {} texts, {} tokens\n", arguments.output, counts.texts, counts.tokens);
  return 0;
}

void add_options(CLI::App& app, Arguments& arguments) {
  add_model(app, arguments.model, "Hugging Face directory, a checkpoint's too, or model file");
  app.add_option("--input", arguments.input, "one text per line, or two separated by a tab")->required();
  app.add_option("--output", arguments.output, "safetensors file")->required();
  app.add_option("--max-seq-length", arguments.max_seq_length,
                 "maximum tokens; default: the model's positions")
      ->check(CLI::NonNegativeNumber);
  add_choice(app, "--precision", arguments.precision, {"fp32", "bf16"}, "of the weights")
      ->capture_default_str();
  app.footer("Example:\n  rpp-inspect forward --model runs/rpp --input texts.tsv --output out.safetensors");
}

}  // namespace
}  // namespace rpp

int main(int argc, char** argv) {
  return rpp::run_main("rpp-inspect", [&] {
    rpp::init_logging();
    rpp::Arguments arguments;
    CLI::App app{"Outputs for given texts, as safetensors.", "rpp-inspect forward"};
    rpp::add_options(app, arguments);
    if (!rpp::parse_command_line(app, argc, argv, rpp::libtorch_info())) return 0;
    return rpp::forward(arguments);
  });
}
