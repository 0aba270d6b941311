// The sparsity of flat parameters, and whether the zeros of a mask were kept.
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <string>
#include <vector>

#include "plan/drift.h"
#include "plan/sparsity.h"
#include "rpp/flat_params.h"
#include "rpp/prune_config.h"

namespace rpp {

SparsityReport sparsity_report(const FlatParams& params, int64_t total_parameters);

// A ratio counts as reached within this fraction of a group's entries, or within one entry.
inline constexpr double kMissedRatio = 1e-3;

// The warning of a finished run about target ratios it missed: both numbers of the total and of the first
// group of matrices, and what to do. Empty if all were reached or there was no target. mask: u8
// [num_prunable], 1 = kept.
std::string missed_ratios(const PruneConfig& config, const std::vector<FlatMatrix>& matrices,
                          const torch::Tensor& mask);

// values: flat fp32, its first num_prunable entries are compared; mask: u8 [num_prunable], 1 = kept.
DriftReport drift_report(const torch::Tensor& values, const torch::Tensor& mask,
                         const std::vector<FlatMatrix>& matrices);

}  // namespace rpp
