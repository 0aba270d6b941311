// The initial files for mutations.
#pragma once

#include <filesystem>
#include <string_view>

namespace rpp {

// Models of a few kilobytes that together cover every packing, type and head; the weights of a model
// directory; and a safetensors file that is not a model.
void write_model_seeds(const std::filesystem::path& directory);

// The other files of a model directory with these weights: config.json and vocab.txt. `layer_sizes`: more
// members of config.json, starting with a comma.
void write_beside_weights(const std::filesystem::path& directory, std::string_view layer_sizes = "");

}  // namespace rpp
