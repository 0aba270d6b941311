#include "rpp/prune/report.h"

#include <fmt/format.h>

#include "rpp/core/progress.h"
#include "rpp/ops/torch.h"

namespace rpp {

SparsityReport sparsity_report(const FlatParams& params, int64_t total_parameters) {
  SparsityReport report{.matrices = {}, .total_parameters = total_parameters};
  for (const auto& matrix : params.matrices()) {
    const int64_t size = matrix.rows * matrix.cols;
    const auto values = params.values().detach().narrow(0, matrix.offset, size);
    report.matrices.push_back({matrix.name, values.eq(0).sum().item<int64_t>(), size});
  }
  return report;
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

std::string format_drift(const DriftReport& report) {
  return fmt::format("{} of {} zeros drifted", format_count(report.drifted), format_count(report.masked));
}

}  // namespace rpp
