// training/state.json of a checkpoint: the counters of a run (docs/formats.md).
#pragma once

#include <filesystem>
#include <string>

#include "run_inputs.h"
#include "runs/outcome.h"
#include "step_window.h"

namespace rpp {

struct TrainingState {
  std::string layout_sha256;  // of the flat parameters
  std::string prune_method;
  TrainerCounters counters;
  bool evaluated = true;  // false: the evaluation due after the last step was interrupted
  int64_t optimizer_steps = 0;
  StepWindowState window;
  RunInputs inputs;
};

void write_training_state(const std::filesystem::path& file, const TrainingState& state);

// Throws Error naming the file, and a member that is missing or has another type.
TrainingState read_training_state(const std::filesystem::path& file);

}  // namespace rpp
