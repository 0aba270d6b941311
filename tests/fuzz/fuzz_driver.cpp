// Runs the fuzz target without libFuzzer: the files as they are, then mutations until the time is over.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <array>
#include <chrono>
#include <filesystem>
#include <string>
#include <vector>

#include "corpus.h"
#include "model_file_fuzz.h"
#include "mutate.h"
#include "rpp/core/atomic_file.h"
#include "rpp/core/error.h"

namespace rpp {
namespace {

namespace fs = std::filesystem;

struct Arguments {
  std::vector<fs::path> files;
  fs::path write_to;
  double seconds = 2;
  uint64_t seed = 1;
};

using StageCounts = std::array<int64_t, kNumReadStages>;  // inputs that ended at each

std::vector<std::string> read_files(const std::vector<fs::path>& paths) {
  std::vector<fs::path> files;
  for (const auto& path : paths) {
    if (!fs::is_directory(path))
      files.push_back(path);
    else
      for (const auto& entry : fs::directory_iterator(path)) files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());  // a seed means the same wherever it runs
  std::vector<std::string> bytes;
  for (const auto& file : files) bytes.push_back(read_file(file));
  if (bytes.empty()) fail_usage("no files to start from");
  return bytes;
}

void execute(const std::string& bytes, std::string_view what, StageCounts& counts) {
  try {
    const auto stage =
        read_as_far_as_possible({reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()});
    ++counts[static_cast<size_t>(stage)];
  } catch (const std::exception& error) {
    fail("{}: not an rpp::Error: {}; {} crashes again", what, error.what(), input_path());
  }
}

StageCounts run(const Arguments& arguments) {
  const auto files = read_files(arguments.files);
  StageCounts counts{};
  for (const auto& file : files) execute(file, "a file as it is", counts);
  const auto start = std::chrono::steady_clock::now();
  const std::chrono::duration<double> limit(arguments.seconds);
  for (uint64_t i = 0; std::chrono::steady_clock::now() - start < limit; ++i) {
    Rng rng(mix_key(arguments.seed, i));
    execute(mutate(files, rng), fmt::format("execution {} of seed {}", i, arguments.seed), counts);
  }
  return counts;
}

// Where nothing gets through a stage, or everything does, the stages behind or before it are not tested.
int report(const StageCounts& counts) {
  constexpr std::array<const char*, kNumReadStages> kNames = {"executions", "read as safetensors",
                                                              "read as model files", "loaded", "encoded"};
  int64_t passed = 0;
  for (const int64_t count : counts) passed += count;
  for (size_t stage = 0; stage < kNumReadStages; ++stage) {
    fmt::print("{} {}\n", passed, kNames[stage]);
    passed -= counts[stage];
  }
  RPP_CHECK(counts.back() > 0, "no input could be encoded");
  return 0;
}

}  // namespace
}  // namespace rpp

int main(int argc, char** argv) {
  return rpp::run_main("model_file_fuzz", [&] {
    rpp::Arguments arguments;
    CLI::App app{"Feeds damaged model files to their readers.", "model_file_fuzz"};
    app.add_option("files", arguments.files, "files and folders of files to start from");
    app.add_option("--seconds", arguments.seconds, "0: only the files as they are")->capture_default_str();
    app.add_option("--seed", arguments.seed, "of the mutations")->capture_default_str();
    app.add_option("--write-corpus", arguments.write_to,
                   "write files to start from into this folder instead");
    CLI11_PARSE(app, argc, argv);
    if (arguments.write_to.empty()) return rpp::report(rpp::run(arguments));
    rpp::write_corpus(arguments.write_to);
    return 0;
  });
}
