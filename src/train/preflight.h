// --check: what a run would do, its memory and its duration, without starting it.
#pragma once

#include <cstdint>
#include <string>

#include "plan/sparsity.h"

namespace rpp {

class Trainer;
struct TrainerConfig;

struct PreflightReport {
  int64_t parameters = 0;
  int64_t prunable = 0;
  int64_t steps = 0;
  int64_t state_bytes = 0;      // weights, gradients, moments, working copies, the pruner's tensors
  int64_t peak_bytes = 0;       // resident memory after the probe; 0 if the system does not report it
  double seconds_per_step = 0;  // of the probe
  double tokens_per_step = 0;
  std::string prune_plan;   // "rpp: 4 rounds, ..."
  SparsityReport sparsity;  // of the initial model
};

// Runs `probe_steps` timed steps after an untimed first one. Writes no file, but changes the trainer's
// weights.
PreflightReport preflight(Trainer& trainer, const TrainerConfig& config, int64_t probe_steps = 2);

// The text that --check prints: parameters, pruning, memory, hours; for a model with zeros a line per
// prunable matrix.
std::string format_preflight(const PreflightReport& report);

}  // namespace rpp
