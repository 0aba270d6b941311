// Runs the fuzz target without libFuzzer: the files unchanged, then mutations until the time is over.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <filesystem>
#include <string>
#include <vector>

#include "core/atomic_file.h"
#include "fuzz_target.h"
#include "program/run_main.h"
#include "rpp/error.h"

namespace rpp {
namespace {

namespace fs = std::filesystem;

struct Arguments {
  std::vector<fs::path> files;
  fs::path write_to;
  double seconds = 2;
  uint64_t seed = 1;
};

using Counts = std::vector<int64_t>;  // of inputs, one count per outcome

std::vector<std::string> read_files(const std::vector<fs::path>& paths) {
  std::vector<fs::path> files;
  for (const auto& path : paths) {
    if (!fs::is_directory(path))
      files.push_back(path);
    else
      for (const auto& entry : fs::directory_iterator(path)) files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());  // a seed gives the same result on every machine
  std::vector<std::string> bytes;
  for (const auto& file : files) bytes.push_back(read_file(file));
  if (bytes.empty()) fail_usage("no files to start from");
  return bytes;
}

void execute(const std::string& bytes, std::string_view what, Counts& counts) {
  try {
    ++counts[read_input(bytes)];
  } catch (const std::exception& error) {
    fail("{}: {}; {} does it again", what, error.what(), input_path());
  }
}

std::string mutated(const std::vector<std::string>& files, Rng rng) {
  const FuzzTarget& target = fuzz_target();
  std::string bytes = files[rng.below(files.size())];
  target.mutate(bytes, files, rng);
  if (target.repair != nullptr && rng.below(8) != 0) target.repair(bytes);
  return bytes;
}

Counts run(const Arguments& arguments) {
  const auto files = read_files(arguments.files);
  Counts counts(fuzz_target().outcomes.size());
  for (const auto& file : files) execute(file, "a file as it is", counts);
  const auto start = std::chrono::steady_clock::now();
  const std::chrono::duration<double> limit(arguments.seconds);
  for (uint64_t i = 0; std::chrono::steady_clock::now() - start < limit; ++i) {
    execute(mutated(files, Rng(mix_key(arguments.seed, i))),
            fmt::format("execution {} of seed {}", i, arguments.seed), counts);
  }
  return counts;
}

int report(const Counts& counts) {
  const auto& outcomes = fuzz_target().outcomes;
  for (size_t i = 0; i < counts.size(); ++i) fmt::print("{} inputs: {}\n", counts[i], outcomes[i]);
  for (size_t i = 0; i < counts.size(); ++i) RPP_CHECK(counts[i] > 0, "no input came to '{}'", outcomes[i]);
  return 0;
}

}  // namespace
}  // namespace rpp

int main(int argc, char** argv) {
  const rpp::FuzzTarget& target = rpp::fuzz_target();
  return rpp::run_main(target.name, [&] {
    rpp::Arguments arguments;
    CLI::App app{target.description, target.name};
    app.add_option("files", arguments.files, "files and folders of files to start from");
    app.add_option("--seconds", arguments.seconds, "0: only the files as they are")->capture_default_str();
    app.add_option("--seed", arguments.seed, "of the mutations")->capture_default_str();
    if (target.write_seeds != nullptr) {
      app.add_option("--write-seeds", arguments.write_to,
                     "write files to start from into this folder instead");
    }
    CLI11_PARSE(app, argc, argv);
    if (arguments.write_to.empty()) return rpp::report(rpp::run(arguments));
    target.write_seeds(arguments.write_to);
    return 0;
  });
}
