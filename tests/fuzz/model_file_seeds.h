// The files that mutations start from.
#pragma once

#include <filesystem>
#include <string_view>

namespace rpp {

// Models of a few kilobytes, which between them have every packing, type and head; the weights of a model
// directory; and a safetensors file that is no model.
void write_model_seeds(const std::filesystem::path& directory);

// What a model directory has beside these weights: config.json and vocab.txt. `layer_sizes`: more of
// config.json, with a comma in front.
void write_beside_weights(const std::filesystem::path& directory, std::string_view layer_sizes = "");

}  // namespace rpp
