// The files that mutations start from.
#pragma once

#include <filesystem>

namespace rpp {

// Writes models of a few kilobytes, which between them have every packing, type and head, and a safetensors
// file that is no model.
void write_model_seeds(const std::filesystem::path& directory);

}  // namespace rpp
