// Verification of a finished model: the zeros of a mask are still zero.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "plan/drift.h"

namespace rpp {

struct MatrixDrift {
  std::string name;
  int64_t masked = 0;
  int64_t drifted = 0;
};

struct ZeroCheck {
  std::filesystem::path mask_source;
  std::string mask_sha256;
  bool has_manifest = false;  // and every file of the directory matches it
  DriftReport total;
  std::vector<MatrixDrift> drifted;  // only the matrices that drifted
  bool holds() const { return total.drifted == 0; }
};

// Compares the model's zeros with its own mask.safetensors, or with mask_from(against) if `against` is not
// empty. Throws Error when the directory's manifest does not match its files, when the model was saved with a
// different mask than the one beside it, or when there is no mask.
ZeroCheck verify_zeros(const std::filesystem::path& model_dir, const std::filesystem::path& against = {});
std::string format_check(const ZeroCheck& check);

}  // namespace rpp
