// Mask files (plan/mask_file.h) from and to tensors.
#pragma once

#include <torch/types.h>

#include <filesystem>
#include <string>
#include <vector>

#include "rpp/flat_matrix.h"

namespace rpp {

// mask: u8 or bool [num_prunable], non-zero = kept, on any device.
void save_mask(const std::filesystem::path& path, const std::vector<FlatMatrix>& matrices,
               const torch::Tensor& mask);

// u8 [num_prunable] on the CPU, 1 = kept. Throws Error as read_mask does.
torch::Tensor load_mask(const std::filesystem::path& path, const std::vector<FlatMatrix>& matrices);

std::string mask_sha256(const std::vector<FlatMatrix>& matrices, const torch::Tensor& mask);

}  // namespace rpp
