// --check: what a run would do, what memory it takes and how long it lasts, without starting it.
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
  int64_t state_bytes = 0;  // weights, gradients, moments, working copies, the pruner's tensors
  int64_t peak_bytes = 0;   // resident memory of the process after the probe; 0 where the system does not say
  double seconds_per_step = 0;  // of the probe
  double tokens_per_step = 0;
  std::string prune_plan;   // "rpp: 4 rounds, ..."
  SparsityReport sparsity;  // as the model comes
};

// Runs `probe_steps` steps after a first one that is not timed. Writes no file; the trainer's weights are
// changed.
PreflightReport preflight(Trainer& trainer, const TrainerConfig& config, int64_t probe_steps = 2);

// The page that --check prints: parameters, pruning, memory, hours; of a model with zeros a line per prunable
// matrix.
std::string format_preflight(const PreflightReport& report);

}  // namespace rpp
