// rpp-speed: what zeros are worth on this machine, without LibTorch. A JSON line a measurement: the time
// without the zeros beside that of the same work with them.
#include <nlohmann/json.hpp>

#include "rpp/infer/speed.h"
#include "tool_main.h"

namespace rpp {
namespace {

struct Arguments {
  std::filesystem::path model;
  EncodeLoad load;
  std::vector<int64_t> rows = {3072, 768}, cols = {768, 3072};  // BERT-base's FFN
  std::vector<double> ratios = {0.5, 0.8, 0.9, 0.95};
  int64_t tokens = 128;
  std::string kernels;
  int64_t repeat = 10;
};

void print_times(nlohmann::ordered_json line, const SpeedTimes& times) {
  line["version"] = version_string();
  line["kernels"] = times.kernels;
  line["dense_seconds"] = times.dense_seconds;
  line["sparse_seconds"] = times.sparse_seconds;
  line["speedup"] = times.dense_seconds / times.sparse_seconds;
  fmt::print("{}\n", line.dump());
}

void measure_encoder(const Arguments& arguments) {
  const auto times = time_encoder(arguments.model, arguments.load, arguments.repeat, arguments.kernels);
  print_times({{"speed", "encoder"},
               {"tokens", arguments.load.tokens},
               {"batch", arguments.load.batch},
               {"threads", arguments.load.num_threads}},
              times);
}

void measure_matmul(const Arguments& arguments) {
  if (arguments.rows.size() != arguments.cols.size()) fail_usage("--rows and --cols are pairs");
  for (size_t i = 0; i < arguments.rows.size(); ++i) {
    for (const double ratio : arguments.ratios) {
      const MatmulShape shape = {arguments.rows[i], arguments.cols[i], arguments.tokens, ratio};
      const auto times = time_matmul(shape, arguments.repeat, arguments.kernels);
      const double flops = 2e-9 * static_cast<double>(shape.rows * shape.cols * shape.tokens);
      print_times({{"speed", "matmul"},
                   {"rows", shape.rows},
                   {"cols", shape.cols},
                   {"tokens", shape.tokens},
                   {"prune_ratio", shape.prune_ratio},
                   {"dense_gflops", flops / times.dense_seconds},
                   {"sparse_effective_gflops", flops / times.sparse_seconds}},
                  times);
    }
  }
}

void add_common(CLI::App& command, Arguments& arguments) {
  command.option_defaults()->always_capture_default();
  command.add_option("--repeat", arguments.repeat, "the best counts")->check(CLI::PositiveNumber);
  command.add_option("--kernels", arguments.kernels, "instruction set; default: the fastest of this machine");
}

void add_commands(CLI::App& app, Arguments& arguments) {
  CLI::App& encoder =
      *app.add_subcommand("encoder", "The encoder of a model: all matrices dense, then without zeros");
  add_common(encoder, arguments);
  encoder.add_option("--model", arguments.model, "file of rpp-export")
      ->required()
      ->always_capture_default(false);
  encoder.add_option("--tokens", arguments.load.tokens, "of a sequence")->check(CLI::PositiveNumber);
  encoder.add_option("--batch", arguments.load.batch, "sequences")->check(CLI::PositiveNumber);
  encoder.add_option("--threads", arguments.load.num_threads, "threads")->check(CLI::PositiveNumber);
  encoder.footer("Example:\n  rpp-speed encoder --model sst2.rpp --tokens 128 --batch 8 --threads 2");
  encoder.callback([&] { measure_encoder(arguments); });

  CLI::App& matmul = *app.add_subcommand("matmul", "Products of one matrix, on one thread");
  add_common(matmul, arguments);
  matmul.add_option("--rows", arguments.rows, "outputs, of one matrix each")->check(CLI::PositiveNumber);
  matmul.add_option("--cols", arguments.cols, "inputs")->check(CLI::PositiveNumber);
  matmul.add_option("--tokens", arguments.tokens, "tokens")->check(CLI::PositiveNumber);
  matmul.add_option("--ratios", arguments.ratios, "shares of zeros")->check(CLI::Range(0.0, 1.0));
  matmul.footer("Example:\n  rpp-speed matmul --ratios 0.8 0.9 0.95");
  matmul.callback([&] { measure_matmul(arguments); });
}

}  // namespace
}  // namespace rpp

int main(int argc, char** argv) {
  return rpp::run_main("rpp-speed", [&] {
    rpp::Arguments arguments;
    CLI::App app{"Measures products and encoders with their zeros and without; prints JSON lines.",
                 "rpp-speed"};
    app.require_subcommand(1);
    rpp::add_commands(app, arguments);
    rpp::parse_command_line(app, argc, argv);
    return 0;
  });
}
