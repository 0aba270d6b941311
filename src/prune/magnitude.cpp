#include "rpp/prune/magnitude.h"

#include <torch/torch.h>

#include <algorithm>
#include <cmath>
#include <span>

#include "rpp/core/error.h"

namespace rpp {
namespace {

// Already pruned entries rank below every weight, so that they are counted first.
std::vector<float> ranking_keys(std::span<const float> weights, std::span<const uint8_t> keep) {
  std::vector<float> keys(weights.size());
  for (size_t i = 0; i < keys.size(); ++i) keys[i] = keep[i] ? std::abs(weights[i]) : -1.0F;
  return keys;
}

// Selecting by value first and by index only among equals needs one float per weight, not a sorted index.
void prune_span(std::span<const float> weights, std::span<uint8_t> keep, double ratio) {
  const auto target = static_cast<size_t>(std::llround(ratio * static_cast<double>(keep.size())));
  const auto pruned = static_cast<size_t>(std::count(keep.begin(), keep.end(), uint8_t{0}));
  if (target <= pruned) return;
  const auto keys = ranking_keys(weights, keep);
  auto ordered = keys;
  std::nth_element(ordered.begin(), ordered.begin() + static_cast<int64_t>(target - 1), ordered.end());
  const float threshold = ordered[target - 1];
  const auto below = std::count_if(keys.begin(), keys.end(), [&](float key) { return key < threshold; });
  size_t ties = target - static_cast<size_t>(below);
  for (size_t i = 0; i < keys.size(); ++i) {
    if (keys[i] < threshold) keep[i] = 0;
    if (keys[i] == threshold && ties > 0) {
      keep[i] = 0;
      --ties;
    }
  }
}

void check_finite(const torch::Tensor& weights, const std::vector<FlatMatrix>& matrices) {
  for (const auto& matrix : matrices) {
    const auto values = weights.narrow(0, matrix.offset, matrix.rows * matrix.cols);
    RPP_CHECK(values.isfinite().all().item<bool>(),
              "cannot rank the weights of {}: some are not finite; resume from an earlier checkpoint",
              matrix.name);
  }
}

}  // namespace

torch::Tensor prune_smallest(const torch::Tensor& weights, const torch::Tensor& keep,
                             const std::vector<FlatMatrix>& matrices, double ratio, Ranking ranking) {
  check_finite(weights, matrices);
  const auto values = weights.detach().to(torch::kCPU).contiguous();  // [num_prunable]
  auto pruned = keep.to(torch::kCPU, torch::kUInt8, /*non_blocking=*/false, /*copy=*/true).contiguous();
  const std::span<const float> all_values(values.const_data_ptr<float>(),
                                          static_cast<size_t>(values.numel()));
  const std::span<uint8_t> all_keep(pruned.data_ptr<uint8_t>(), all_values.size());
  if (ranking == Ranking::global) {
    prune_span(all_values, all_keep, ratio);
  } else {
    for (const auto& matrix : matrices) {
      const auto offset = static_cast<size_t>(matrix.offset);
      const auto size = static_cast<size_t>(matrix.rows * matrix.cols);
      prune_span(all_values.subspan(offset, size), all_keep.subspan(offset, size), ratio);
    }
  }
  return pruned.to(weights.device());
}

}  // namespace rpp
