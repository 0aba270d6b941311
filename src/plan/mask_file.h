// The mask file of a model: which entries of the prunable matrices are kept, eight per byte, with a hash.
//
// mask.safetensors, docs/formats.md: one u8 tensor per matrix, bits least significant first in the row-major
// order of the Hugging Face matrix; metadata format, sha256, prune_ratio and the shape of each matrix.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "rpp/flat_matrix.h"

namespace rpp {

// A mask has an entry for each of the matrices, in the order of the flat buffer: 0 pruned, else kept.

// Written atomically.
void write_mask(const std::filesystem::path& path, const std::vector<FlatMatrix>& matrices,
                std::span<const uint8_t> mask);

// 1 = kept. Throws Error naming the file and the fault: truncated, contents that do not match the sha256, a
// matrix that is missing, unknown or of another shape.
std::vector<uint8_t> read_mask(const std::filesystem::path& path, const std::vector<FlatMatrix>& matrices);

// SHA-256 over names, shapes and packed bits, sorted by name: independent of the matrices' positions in the
// flat buffer. 64 lower-case digits.
std::string mask_sha256(const std::vector<FlatMatrix>& matrices, std::span<const uint8_t> mask);

double prune_ratio(std::span<const uint8_t> mask);  // pruned over all entries

}  // namespace rpp
