// finished.json, the last file that a run writes: how it ended, and by which --resume knows it once its
// checkpoints are gone (docs/formats.md).
#pragma once

#include <filesystem>
#include <optional>

#include "run_dir.h"
#include "runs/outcome.h"
#include "runs/run_options.h"

namespace rpp {

// By what a run's length was asked for: train.steps, or in fine-tuning epochs.
struct RunLength {
  const char* key;
  double value;
};

// How the run in the directory ended, where --resume auto finds it finished; nothing where it is to go on.
// Throws UsageError for a run of other settings or inputs, and when it is to end or to be evaluated otherwise
// and no checkpoint is left to go on from.
std::optional<TrainOutcome> find_finished(const std::filesystem::path& output_dir,
                                          const RunIdentity& identity, const RunOptions& options);

// Writes finished.json; without `keep_checkpoints` checkpoints and best/ go. Warns when the run missed its
// target ratio. Everything else must have been written.
void finish_run(const std::filesystem::path& output_dir, const RunLength& length, const RunIdentity& identity,
                const TrainOutcome& outcome, bool keep_checkpoints);

}  // namespace rpp
