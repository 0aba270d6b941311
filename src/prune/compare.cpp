#include "prune/compare.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/progress.h"
#include "ops/torch.h"
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

std::vector<PrunedOverlap> pruned_overlap(const torch::Tensor& mask_a, const torch::Tensor& mask_b,
                                          const std::vector<FlatMatrix>& matrices) {
  RPP_CHECK(mask_a.numel() == mask_b.numel(),
            "the masks have {} and {} entries: are they of one architecture?", mask_a.numel(),
            mask_b.numel());
  std::vector<PrunedOverlap> rows;
  for (const auto& matrix : matrices) {
    const int64_t size = matrix.rows * matrix.cols;
    const auto pruned_a = mask_a.narrow(0, matrix.offset, size).eq(0);
    const auto pruned_b = mask_b.narrow(0, matrix.offset, size).eq(0);
    PrunedOverlap row{.name = matrix.name,
                      .size = size,
                      .zeros_a = pruned_a.sum().item<int64_t>(),
                      .zeros_b = pruned_b.sum().item<int64_t>(),
                      .zeros_both = pruned_a.logical_and(pruned_b).sum().item<int64_t>()};
    row.chance_both =
        static_cast<double>(row.zeros_a) * static_cast<double>(row.zeros_b) / static_cast<double>(size);
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

}  // namespace rpp
