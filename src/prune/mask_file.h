// The mask beside a model: which entries of the prunable matrices are kept, packed eight to a byte and
// hashed.
//
// mask.safetensors, docs/formats.md: one u8 tensor per matrix, bits little end first in the row-major order
// of the Hugging Face matrix; metadata format, sha256, prune_ratio and the shape of each matrix.
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

// SHA-256 over names, shapes and packed bits in the order of the names: the same mask has the same hash
// wherever its matrices lie in the flat buffer. 64 lower-case digits.
std::string mask_sha256(const std::vector<FlatMatrix>& matrices, const torch::Tensor& mask);

}  // namespace rpp
