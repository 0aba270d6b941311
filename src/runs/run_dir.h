// The output directory of a run: used by one process at a time, and never by another run.
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "config/compare.h"
#include "config/load.h"
#include "core/file_lock.h"
#include "run_inputs.h"
#include "runs/run_options.h"

namespace rpp {

// What identifies a run: its settings, and the contents of its inputs.
struct RunIdentity {
  std::string config_yaml;
  RunInputs inputs;
  // The differences of a config.yaml, named `source` in messages, from this run's.
  std::function<std::vector<SettingDifference>(std::string_view before, std::string_view source)> differences;
};

template <typename Config>
RunIdentity identity_of(const Config& config) {
  return {.config_yaml = to_yaml(config),
          .inputs = inputs_of(config),
          .differences = [config](std::string_view before, std::string_view source) {
            return differing_settings(before, source, config);
          }};
}

// What another run recorded about itself.
struct RecordedRun {
  std::string config_yaml;
  std::filesystem::path source;  // the file it was read from
  RunInputs inputs;              // empty for a run of an earlier version
};

// How a run differs from a recorded one. Keys that do not change results (threads, logging, saving, device)
// count as equal, and so do two names of equal inputs.
struct IdentityDifferences {
  std::vector<SettingDifference> results;   // keys that change results, and inputs that have changed
  std::vector<SettingDifference> extended;  // length and evaluation: allowed to differ when resuming
};
IdentityDifferences compare_runs(const RecordedRun& before, const RunIdentity& now);

// Throws UsageError if a directory cannot be used for a run: it is a file, contains something other than a
// run, contains a run without a request to resume it, or is one of the run's own inputs under any name.
void check_output_dir(const std::filesystem::path& dir, const RunOptions& options,
                      const std::vector<std::filesystem::path>& inputs);
std::vector<std::filesystem::path> input_dirs(const PretrainConfig& config);
std::vector<std::filesystem::path> input_dirs(const FinetuneConfig& config);

// Creates the directory, locks it, checks it and repairs what a killed process left. If it is still empty at
// the end it is removed.
class RunDir {
 public:
  // Throws Error when another process is using it, and as check_output_dir does.
  template <typename Config>
  RunDir(const Config& config, const RunOptions& options)
      : RunDir(config.output_dir, options, input_dirs(config)) {}

 private:
  RunDir(const std::filesystem::path& dir, const RunOptions& options,
         const std::vector<std::filesystem::path>& inputs);

  struct MadeDirs {
    std::vector<std::filesystem::path> dirs;
    ~MadeDirs();
  };
  MadeDirs made_;
  std::optional<FileLock> lock_;
};

// The checkpoint selected by options.resume, verified; nothing if the run starts from scratch. Throws
// UsageError when "auto" would resume a run with other settings or inputs; an explicitly named checkpoint is
// accepted, and the log lists the differences.
std::optional<std::filesystem::path> find_checkpoint(const std::filesystem::path& output_dir,
                                                     const RunOptions& options, const RunIdentity& identity);

// Refuses to write runs of several seeds to a directory of other seeds, or of a single run.
void check_seeds_dir(const FinetuneConfig& config, const RunOptions& options);

}  // namespace rpp
