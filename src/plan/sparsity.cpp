#include "plan/sparsity.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/progress.h"

namespace rpp {
namespace {

double fraction(int64_t part, int64_t whole) {
  return whole == 0 ? 0.0 : static_cast<double>(part) / static_cast<double>(whole);
}

}  // namespace

int64_t SparsityReport::zeros() const {
  int64_t sum = 0;
  for (const auto& matrix : matrices) sum += matrix.zeros;
  return sum;
}

int64_t SparsityReport::prunable() const {
  int64_t sum = 0;
  for (const auto& matrix : matrices) sum += matrix.size;
  return sum;
}

double SparsityReport::encoder_ratio() const {
  return fraction(zeros(), prunable());
}

double SparsityReport::whole_model_ratio() const {
  return fraction(zeros(), total_parameters);
}

SparsityReport sparsity_report(std::span<const NamedSpan> matrices, int64_t total_parameters) {
  SparsityReport report{.matrices = {}, .total_parameters = total_parameters};
  for (const auto& matrix : matrices) {
    const int64_t zeros = std::count(matrix.values.begin(), matrix.values.end(), 0.0F);
    report.matrices.push_back({matrix.name, zeros, static_cast<int64_t>(matrix.values.size())});
  }
  return report;
}

std::string format_ratios(const SparsityReport& report) {
  return fmt::format(
      "encoder ratio {:.1f} % ({} zeros of {} prunable)\n"
      "whole-model ratio {:.1f} % (the same zeros of {} parameters)\n",
      100 * report.encoder_ratio(), format_count(report.zeros()), format_count(report.prunable()),
      100 * report.whole_model_ratio(), format_count(report.total_parameters));
}

std::string format_report(const SparsityReport& report) {
  size_t width = 6;
  for (const auto& matrix : report.matrices) width = std::max(width, matrix.name.size());
  std::string text =
      fmt::format("{:<{}}  {:>12}  {:>12}  {:>7}\n", "matrix", width, "zeros", "size", "ratio");
  for (const auto& matrix : report.matrices) {
    text += fmt::format("{:<{}}  {:>12}  {:>12}  {:>5.1f} %\n", matrix.name, width,
                        format_count(matrix.zeros), format_count(matrix.size), 100 * matrix.ratio());
  }
  return text + format_ratios(report);
}

}  // namespace rpp
