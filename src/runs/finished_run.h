// finished.json, the last file that a run writes: its outcome, and how --resume recognises it after its
// checkpoints are removed (docs/formats.md).
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "run_dir.h"
#include "runs/outcome.h"
#include "runs/run_options.h"

namespace rpp {

// The key that sets a run's length: train.steps, or epochs in fine-tuning.
struct RunLength {
  const char* key;
  double value;
};

// The outcome of the run in the directory if --resume auto finds it finished; nothing if it is to continue.
// Throws UsageError for other settings or inputs, and if the run should have another length or evaluation and
// no checkpoint is left to resume from.
std::optional<TrainOutcome> find_finished(const std::filesystem::path& output_dir,
                                          const RunIdentity& identity, const RunOptions& options);

// Writes finished.json; without `keep_checkpoints` removes checkpoints and best/. Warns if the run missed its
// target ratio. Call after everything else has been written.
void finish_run(const std::filesystem::path& output_dir, const RunLength& length, const RunIdentity& identity,
                const TrainOutcome& outcome, bool keep_checkpoints);

// Identifies the model that a fine-tuning run in the directory started from: the hash of its contents, or its
// path for a run of an earlier version. Empty if the directory has neither finished.json nor config.yaml.
// Throws Error if the file is damaged.
std::string start_model_of(const std::filesystem::path& output_dir);

}  // namespace rpp
