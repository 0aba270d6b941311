#include "plan/drift.h"

#include <fmt/format.h>

#include "core/progress.h"

namespace rpp {

DriftReport drift_report(std::span<const uint8_t> nonzero, std::span<const uint8_t> mask,
                         const std::vector<FlatMatrix>& matrices) {
  DriftReport report;
  for (const auto& matrix : matrices) {
    const auto values = entries_of(nonzero, matrix), keep = entries_of(mask, matrix);
    int64_t masked = 0, drifted = 0;
    for (size_t i = 0; i < keep.size(); ++i) {
      masked += keep[i] == 0;
      drifted += keep[i] == 0 && values[i] != 0;
    }
    report.masked += masked;
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
