// The directory of a run: one process at a time, and never another run's.
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

// By what a run is known: its settings, and what its inputs hold.
struct RunIdentity {
  std::string config_yaml;
  RunInputs inputs;
  // Of a config.yaml, named `source` in messages, from this run's.
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

// What another run recorded of itself.
struct RecordedRun {
  std::string config_yaml;
  std::filesystem::path source;  // the file that holds it
  RunInputs inputs;              // none of a run that an earlier version wrote
};

// How a run differs from a recorded one. Keys that change no result (threads, logging, saving, where it runs)
// count as equal, and so do two names of equal inputs.
struct IdentityDifferences {
  std::vector<SettingDifference> results;   // keys that change what comes out, and inputs that have changed
  std::vector<SettingDifference> extended;  // length and evaluation: a run may go on with others
};
IdentityDifferences compare_runs(const RecordedRun& before, const RunIdentity& now);

// Throws UsageError where a directory is no place for a run: it is a file, holds something else than a run,
// or a run where nothing says to go on with it, or is one of the run's own inputs by whatever name.
void check_output_dir(const std::filesystem::path& dir, const RunOptions& options,
                      const std::vector<std::filesystem::path>& inputs);
std::vector<std::filesystem::path> input_dirs(const PretrainConfig& config);
std::vector<std::filesystem::path> input_dirs(const FinetuneConfig& config);

// Makes the directory, keeps other processes from it, checks it and repairs what a killed process left. What
// is still empty at the end goes again.
class RunDir {
 public:
  // Throws Error when another process is at work in it, and as check_output_dir does.
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

// The checkpoint that options.resume means, verified; none where the run starts from the beginning. Throws
// UsageError when "auto" would go on with the directory of a run of other settings or inputs; a checkpoint
// that is named is taken, and the log says what differs.
std::optional<std::filesystem::path> find_checkpoint(const std::filesystem::path& output_dir,
                                                     const RunOptions& options, const RunIdentity& identity);

// Refuses to write the runs of several seeds into the directory of other ones, or of a single run.
void check_seeds_dir(const FinetuneConfig& config, const RunOptions& options);

}  // namespace rpp
