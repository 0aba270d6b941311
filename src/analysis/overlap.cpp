#include "analysis/overlap.h"

#include <fmt/format.h>

#include <algorithm>

#include "analysis/model_zeros.h"
#include "core/progress.h"
#include "rpp/error.h"

namespace rpp {
namespace {

double intersection_over_union(double both, int64_t zeros_a, int64_t zeros_b) {
  const double either = static_cast<double>(zeros_a + zeros_b) - both;
  return either == 0 ? 1.0 : both / either;
}

std::string format_row(const PrunedOverlap& row, size_t width) {
  return fmt::format("{:<{}}  {:>12}  {:>12}  {:>12}  {:>7.3f}  {:>7.3f}\n", row.name, width,
                     format_count(row.zeros_a), format_count(row.zeros_b), format_count(row.zeros_both),
                     row.jaccard(), row.chance_jaccard());
}

}  // namespace

double PrunedOverlap::jaccard() const {
  return intersection_over_union(static_cast<double>(zeros_both), zeros_a, zeros_b);
}

double PrunedOverlap::chance_jaccard() const {
  return intersection_over_union(chance_both, zeros_a, zeros_b);
}

std::vector<PrunedOverlap> pruned_overlap(std::span<const uint8_t> mask_a, std::span<const uint8_t> mask_b,
                                          const std::vector<FlatMatrix>& matrices) {
  RPP_CHECK(mask_a.size() == mask_b.size(), "the masks have {} and {} entries: are they of one architecture?",
            mask_a.size(), mask_b.size());
  std::vector<PrunedOverlap> rows;
  for (const auto& matrix : matrices) {
    const auto keep_a = entries_of(mask_a, matrix), keep_b = entries_of(mask_b, matrix);
    PrunedOverlap row{.name = matrix.name, .size = static_cast<int64_t>(keep_a.size())};
    for (size_t i = 0; i < keep_a.size(); ++i) {
      row.zeros_a += keep_a[i] == 0;
      row.zeros_b += keep_b[i] == 0;
      row.zeros_both += keep_a[i] == 0 && keep_b[i] == 0;
    }
    row.chance_both =
        static_cast<double>(row.zeros_a) * static_cast<double>(row.zeros_b) / static_cast<double>(row.size);
    rows.push_back(std::move(row));
  }
  return rows;
}

PrunedOverlap total_overlap(const std::vector<PrunedOverlap>& rows) {
  PrunedOverlap total{.name = "all"};
  for (const auto& row : rows) {
    total.size += row.size;
    total.zeros_a += row.zeros_a;
    total.zeros_b += row.zeros_b;
    total.zeros_both += row.zeros_both;
    total.chance_both += row.chance_both;
  }
  return total;
}

std::string format_overlap(const std::vector<PrunedOverlap>& rows) {
  size_t width = 6;
  for (const auto& row : rows) width = std::max(width, row.name.size());
  std::string text = fmt::format("{:<{}}  {:>12}  {:>12}  {:>12}  {:>7}  {:>7}\n", "matrix", width, "zeros A",
                                 "zeros B", "in both", "Jaccard", "chance");
  for (const auto& row : rows) text += format_row(row, width);
  return text + format_row(total_overlap(rows), width);
}

std::string compare_models(const std::filesystem::path& model_a, const std::filesystem::path& model_b) {
  const ModelZeros a = read_zeros(model_a), b = read_zeros(model_b);
  check_same_matrices(a, b);
  return fmt::format("A = {}\nB = {}\n", model_a, model_b) +
         format_overlap(pruned_overlap(a.nonzero, b.nonzero, a.matrices));
}

}  // namespace rpp
