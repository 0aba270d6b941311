// The loop over the forward passes of an evaluation: without gradient, with its progress in the log, divided
// among ranks, until a signal stops it.
#pragma once

#include <torch/utils.h>

#include <cstdint>
#include <numeric>
#include <vector>

#include "core/stop_signal.h"
#include "dist/communicator.h"
#include "program/progress_line.h"
#include "train/passes.h"

namespace rpp {

struct EvaluationPasses {
  const char* unit;  // of what is counted, for the log: "examples"
  int64_t total;
  int64_t per_pass = 64;
  const Communicator& ranks = single_process();
};

// Calls body(indices) for consecutive slices of 0 ... total - 1: those of one process, divided among the
// ranks, so that the results are bit-identical for any number of ranks. Throws Stopped as check_stop does.
template <typename Body>
void for_each_pass(const EvaluationPasses& passes, const Body& body) {
  const torch::NoGradGuard no_grad;
  const auto own = whole_passes_of_rank(
      {.num_samples = passes.total, .per_pass = passes.per_pass, .num_ranks = passes.ranks.size()},
      passes.ranks.rank());
  int64_t done = 0, num_samples = 0;
  for (const Pass& pass : own) num_samples += pass.size;
  ProgressLine progress("evaluation", passes.unit, num_samples);
  for (const Pass& pass : own) {
    check_stop();
    progress.at(done);
    std::vector<int64_t> indices(static_cast<size_t>(pass.size));
    std::iota(indices.begin(), indices.end(), pass.first);
    body(indices);
    done += pass.size;
  }
}

}  // namespace rpp
