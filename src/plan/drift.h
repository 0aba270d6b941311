// Zeros that should have stayed: whether weights that a mask prunes are still zero.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "rpp/flat_matrix.h"

namespace rpp {

struct DriftReport {
  int64_t masked = 0;        // entries that the mask prunes
  int64_t drifted = 0;       // of these, weights that are not zero
  std::string first_matrix;  // the first matrix with drift and its count; empty without drift
  int64_t first_drifted = 0;
};

// `nonzero`: 1 where the weight is not zero; `mask`: 0 where it is pruned.
DriftReport drift_report(std::span<const uint8_t> nonzero, std::span<const uint8_t> mask,
                         const std::vector<FlatMatrix>& matrices);
std::string format_drift(const DriftReport& report);  // "0 of 50,366,251 zeros drifted"

}  // namespace rpp
