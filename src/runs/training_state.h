// training/state.json of a checkpoint: the numbers of a run beside its tensors (docs/formats.md).
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
  bool evaluated = true;  // false: the evaluation that is due after the last step was interrupted
  int64_t optimizer_steps = 0;
  StepWindowState window;
  RunInputs inputs;
};

void write_training_state(const std::filesystem::path& file, const TrainingState& state);

// Throws Error naming the file, and the member that is missing or of another type.
TrainingState read_training_state(const std::filesystem::path& file);

}  // namespace rpp
