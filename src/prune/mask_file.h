// The mask file of a model: which entries of the prunable matrices are kept, eight per byte, with a hash.
//
// mask.safetensors, docs/formats.md: one u8 tensor per matrix, bits least significant first in the row-major
// order of the Hugging Face matrix; metadata format, sha256, prune_ratio and the shape of each matrix.
#pragma once

#include <torch/types.h>

#include <filesystem>
#include <string>
#include <vector>

#include "optim/flat_params.h"

namespace rpp {

// mask: u8 or bool [num_prunable], non-zero = kept. Written atomically.
void save_mask(const std::filesystem::path& path, const std::vector<FlatMatrix>& matrices,
               const torch::Tensor& mask);

// u8 [num_prunable] on the CPU, 1 = kept. Throws Error naming the file and the fault: truncated, contents
// that do not match the sha256, a matrix that is missing, unknown or of another shape.
torch::Tensor load_mask(const std::filesystem::path& path, const std::vector<FlatMatrix>& matrices);

// SHA-256 over names, shapes and packed bits, sorted by name: independent of the matrices' positions in the
// flat buffer. 64 lower-case digits.
std::string mask_sha256(const std::vector<FlatMatrix>& matrices, const torch::Tensor& mask);

}  // namespace rpp
