// Do two models prune the same entries? Overlap of their pruned sets per matrix, compared with chance.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "rpp/flat_matrix.h"

namespace rpp {

struct PrunedOverlap {
  std::string name;
  int64_t size = 0;        // entries of the matrix
  int64_t zeros_a = 0;     // pruned in the first model
  int64_t zeros_b = 0;     // in the second
  int64_t zeros_both = 0;  // in both
  double chance_both = 0;  // expected for two independent sets of these sizes: zeros_a * zeros_b / size

  // Intersection over union of the pruned sets; 1 if neither prunes anything.
  double jaccard() const;
  double chance_jaccard() const;
};

// A row per matrix. Both masks: u8 [num_prunable], 1 = kept.
std::vector<PrunedOverlap> pruned_overlap(std::span<const uint8_t> mask_a, std::span<const uint8_t> mask_b,
                                          const std::vector<FlatMatrix>& matrices);

// All matrices together; the expected overlap uses the ratio of each matrix.
PrunedOverlap total_overlap(const std::vector<PrunedOverlap>& rows);

// A row per matrix, then the total.
std::string format_overlap(const std::vector<PrunedOverlap>& rows);

// The overlap of the entries that two models prune, one row per matrix. Throws Error as read_zeros does, and
// when their matrices differ.
std::string compare_models(const std::filesystem::path& model_a, const std::filesystem::path& model_b);

}  // namespace rpp
