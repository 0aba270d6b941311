#include "prune/report.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>

#include "core/progress.h"
#include "ops/torch.h"
#include "plan/groups.h"
#include "ratio_controller.h"

namespace rpp {
namespace {

double share_of(int64_t zeros, int64_t size) {
  return static_cast<double>(zeros) / static_cast<double>(size);
}

bool is_missed(const PruneGroup& group, int64_t zeros) {
  const auto size = static_cast<double>(group.size());
  return std::abs(static_cast<double>(zeros) - group.target_ratio * size) >
         std::max(kMissedRatio * size, 1.0);
}

std::string remedy(const PruneConfig& config, bool too_many) {
  if (config.method == PruneMethod::soft_movement) {
    return "its ratio follows from prune.score_threshold and prune.score_penalty; prune.method movement "
           "reaches prune.target_ratio";
  }
  if (is_rpp(config.method) && config.rpp.gamma > 0) {
    return "prune.gamma determines the ratio: with prune.gamma 0 it is adjusted to reach prune.target_ratio";
  }
  if (is_rpp(config.method)) {
    return "more rounds, more steps or a higher optimizer.learning_rate bring it nearer; prune.final_topk "
           "makes it exact";
  }
  return too_many
             ? "zeros of the initial model are kept: set a higher target, or set prune.hold_zeros to false"
             : "train for more steps";
}

}  // namespace

SparsityReport sparsity_report(const FlatParams& params, int64_t total_parameters) {
  SparsityReport report{.matrices = {}, .total_parameters = total_parameters};
  for (const auto& matrix : params.matrices()) {
    const int64_t size = matrix.rows * matrix.cols;
    const auto values = params.values().detach().narrow(0, matrix.offset, size);
    report.matrices.push_back({matrix.name, values.eq(0).sum().item<int64_t>(), size});
  }
  return report;
}

std::string missed_ratios(const PruneConfig& config, const std::vector<FlatMatrix>& matrices,
                          const torch::Tensor& mask) {
  if (config.method == PruneMethod::dense || config.method == PruneMethod::fixed) return "";
  const Ranking ranking = is_rpp(config.method) ? Ranking::global : config.ranking;
  std::optional<PruneGroup> first;
  int64_t first_zeros = 0, num_missed = 0, zeros = 0;
  const auto groups = prune_groups(config, matrices, ranking);
  for (const PruneGroup& group : groups) {
    const int64_t of_group = count_zeros(mask, group);
    zeros += of_group;
    if (!is_missed(group, of_group)) continue;
    ++num_missed;
    if (first) continue;
    first = group;
    first_zeros = of_group;
  }
  if (!first) return "";
  const double reached = share_of(first_zeros, first->size());
  const std::string& name = first->matrices.front().name;
  return fmt::format(
      "a target ratio was missed: {}{} should have {:.2f} % zeros and has {:.2f} %{}; the encoder should "
      "have {:.2f} % and has {:.2f} %: {}",
      name,
      first->matrices.size() > 1 ? fmt::format(" and {} more matrices", first->matrices.size() - 1) : "",
      100 * first->target_ratio, 100 * reached,
      num_missed > 1 ? fmt::format(", and so {} of {} matrices or groups", num_missed, groups.size()) : "",
      100 * target_ratio(config, matrices), 100 * share_of(zeros, mask.numel()),
      remedy(config, reached > first->target_ratio));
}

DriftReport drift_report(const torch::Tensor& values, const torch::Tensor& mask,
                         const std::vector<FlatMatrix>& matrices) {
  DriftReport report;
  for (const auto& matrix : matrices) {
    const int64_t size = matrix.rows * matrix.cols;
    const auto pruned = mask.narrow(0, matrix.offset, size).eq(0);
    const auto moved = values.detach().narrow(0, matrix.offset, size).ne(0).logical_and(pruned);
    const auto drifted = moved.sum().item<int64_t>();
    report.masked += pruned.sum().item<int64_t>();
    report.drifted += drifted;
    if (drifted > 0 && report.first_matrix.empty()) {
      report.first_matrix = matrix.name;
      report.first_drifted = drifted;
    }
  }
  return report;
}

}  // namespace rpp
