// The loop over the forward passes of an evaluation: without gradient, with its progress in the log, until a
// signal stops it.
#pragma once

#include <torch/utils.h>

#include <algorithm>
#include <cstdint>
#include <numeric>
#include <vector>

#include "core/stop_signal.h"
#include "program/progress_line.h"

namespace rpp {

struct EvaluationPasses {
  const char* unit;  // of what is counted, for the log: "examples"
  int64_t total;
  int64_t per_pass = 64;
};

// Calls pass(indices) for consecutive slices of 0 ... total - 1. Throws Stopped as check_stop does.
template <typename Pass>
void for_each_pass(const EvaluationPasses& passes, const Pass& pass) {
  const torch::NoGradGuard no_grad;
  ProgressLine progress("evaluation", passes.unit, passes.total);
  for (int64_t first = 0; first < passes.total; first += passes.per_pass) {
    check_stop();
    progress.at(first);
    std::vector<int64_t> indices(static_cast<size_t>(std::min(passes.per_pass, passes.total - first)));
    std::iota(indices.begin(), indices.end(), first);
    pass(indices);
  }
}

}  // namespace rpp
