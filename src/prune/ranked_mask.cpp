#include "ranked_mask.h"

#include <cmath>
#include <numeric>
#include <span>

#include "blocks.h"
#include "ops/torch.h"
#include "rpp/error.h"

namespace rpp {
namespace {

std::span<uint8_t> entries_of(torch::Tensor& mask) {
  return {mask.mutable_data_ptr<uint8_t>(), static_cast<size_t>(mask.numel())};
}

int64_t target_entries(const PruneGroup& group) {
  return std::llround(group.target_ratio * static_cast<double>(group.size()));
}

torch::Tensor copy_on_cpu(const torch::Tensor& mask) {
  return mask.to(torch::kCPU, torch::kUInt8, /*non_blocking=*/false, /*copy=*/true).contiguous();
}

// The group with its blocks as entries.
PruneGroup in_blocks(PruneGroup group) {
  for (auto& matrix : group.matrices) {
    matrix.offset /= group.block;
    matrix.cols /= group.block;
  }
  return group;
}

}  // namespace

RankedMask::RankedMask(const std::vector<PruneGroup>& groups, const torch::Tensor& start)
    : block_(groups.front().block) {
  for (const auto& group : groups) groups_.push_back(in_blocks(group));
  auto mask = copy_on_cpu(kept_blocks(start, block_));
  int64_t asked = 0, entries = 0;
  for (const auto& group : groups_) {
    start_.push_back(count_pruned(entries_of(mask), group));
    asked += target_entries(group);
    entries += group.size();
  }
  const int64_t brought = std::accumulate(start_.begin(), start_.end(), int64_t{0});
  if (brought <= asked) return;
  fail_usage(
      "the model comes with {:.1f} % zeros, more than the {:.1f} % of the target: set a higher "
      "prune.target_ratio, or prune.hold_zeros to false",
      100.0 * static_cast<double>(brought) / static_cast<double>(entries),
      100.0 * static_cast<double>(asked) / static_cast<double>(entries));
}

torch::Tensor RankedMask::prune(const torch::Tensor& keep, const torch::Tensor& scores, double share,
                                RankBy rank_by) const {
  const auto of_blocks = block_ == 1 ? scores.detach() : block_norms(scores.detach(), block_);
  const auto on_cpu = of_blocks.to(torch::kCPU).contiguous();  // no copy if it is there already
  const std::span<const float> values(on_cpu.const_data_ptr<float>(), static_cast<size_t>(on_cpu.numel()));
  auto pruned = copy_on_cpu(kept_blocks(keep, block_));
  for (size_t g = 0; g < groups_.size(); ++g) {
    const auto way = static_cast<double>(target_entries(groups_[g]) - start_[g]);
    const int64_t target = start_[g] + std::llround(share * way);
    prune_smallest_into(entries_of(pruned), values, groups_[g], target, rank_by);
  }
  const auto blocks = pruned.to(keep.device());
  // A kept block may have single zeros of the start.
  return block_ == 1 ? blocks : keep.bitwise_and(to_entries(blocks, block_));
}

}  // namespace rpp
