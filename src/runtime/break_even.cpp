#include "break_even.h"

#include <algorithm>
#include <array>
#include <map>
#include <mutex>

#include "core/progress.h"
#include "core/rng.h"
#include "tiles.h"
#include "weights.h"

namespace rpp {
namespace {

// Small enough for the weights to stay in a cache, where the dense kernel is fastest. A whole model's weights
// come from memory, of which the sparse kernel reads less: about equal here is faster there.
constexpr int64_t kRows = 384, kCols = 192;
constexpr double kLargestShare = 1.08;  // relative to the dense time
constexpr std::array kRatios = {0.4, 0.6};
constexpr int kMostRounds = 9, kLeastRounds = 2;
constexpr double kMostSeconds = 8e-3;  // for the rounds after the second

std::vector<float> random_matrix(double prune_ratio) {
  Rng rng(mix_key(1, kRows, kCols));
  std::vector<float> matrix(static_cast<size_t>(kRows * kCols), 0.0F);
  for (auto& value : matrix) {
    if (rng.uniform() >= prune_ratio) value = static_cast<float>(rng.uniform()) - 0.5F;
  }
  return matrix;
}

double seconds_of(const Kernels& kernels, const Linear& linear, const Tiles& x, Tiles& y) {
  const Stopwatch stopwatch;
  for (int64_t block = 0; block < linear.num_blocks(); ++block) {
    linear.apply(kernels, block, {.x = x.tile(0)}, y.tile(0), x.groups(0));
  }
  return stopwatch.seconds();
}

// The same matmul dense and sparse for each ratio; the shortest time of each counts.
class Comparison {
 public:
  Comparison() : dense_values_(random_matrix(0.0)) {
    const Linear zero_bias{.rows = kRows, .cols = kCols, .bias = std::vector<float>(kRows)};
    linears_.fill(zero_bias);
    linears_[0].matrix =
        DenseView{.values = dense_values_.data(), .rows = kRows, .depth = kCols, .row_stride = kCols};
    for (size_t i = 0; i < kRatios.size(); ++i) {
      linears_[i + 1].matrix = make_sparse(random_matrix(kRatios[i]), kRows, kCols);
    }
    for (auto& of_groups : best_) of_groups.fill(1e9);
  }

  void run_round(const Kernels& kernels) {
    for (size_t groups = 0; groups < kGroups; ++groups) {
      x_.reshape(static_cast<int64_t>(groups + 1) * kGroupTokens, kCols);
      y_.reshape(x_.num_tokens(), kRows);
      for (size_t i = 0; i < linears_.size(); ++i) {
        double& best = best_[groups][i];
        best = std::min(best, seconds_of(kernels, linears_[i], x_, y_));
      }
    }
  }

  double largest_break_even() const {
    double largest = 0;
    for (const auto& [dense, fewer_zeros, more_zeros] : best_) {
      largest = std::max(largest, break_even({.prune_ratio = kRatios[0], .share = fewer_zeros / dense},
                                             {.prune_ratio = kRatios[1], .share = more_zeros / dense}));
    }
    return largest;
  }

 private:
  static constexpr size_t kGroups = kTileTokens / kGroupTokens;

  std::vector<float> dense_values_;
  std::array<Linear, 1 + kRatios.size()> linears_;                    // dense, then by ratio
  std::array<std::array<double, 1 + kRatios.size()>, kGroups> best_;  // seconds
  Tiles x_, y_;
};

double measure(const Kernels& kernels) {
  Comparison comparison;
  for (int round = 0; round < kLeastRounds; ++round) comparison.run_round(kernels);
  const Stopwatch stopwatch;
  for (int round = kLeastRounds; round < kMostRounds && stopwatch.seconds() < kMostSeconds; ++round) {
    comparison.run_round(kernels);
  }
  return comparison.largest_break_even();
}

}  // namespace

double break_even(SparseTime a, SparseTime b) {
  const double slope = (b.share - a.share) / (b.prune_ratio - a.prune_ratio);
  if (slope >= 0) return kAlwaysSparseFrom;  // a noisy measurement: zeros do save time
  return std::clamp(a.prune_ratio + (kLargestShare - a.share) / slope, kNeverSparseBelow, kAlwaysSparseFrom);
}

double break_even_ratio(const Kernels& kernels) {
  static std::mutex mutex;
  static std::map<const Kernels*, double> measured;
  const std::lock_guard lock(mutex);
  const auto known = measured.find(&kernels);
  if (known != measured.end()) return known->second;
  return measured[&kernels] = measure(kernels);
}

}  // namespace rpp
