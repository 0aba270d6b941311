// The files of a model directory that hold its weights: model.safetensors, or shards with an index.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>

#include "io/safetensors_set.h"

namespace rpp {

// model.safetensors, or its index if that is absent (transformers prefers them in this order); nothing if the
// directory has neither. Throws Error with the command that converts it when there is a pytorch_model.bin
// instead.
std::optional<std::filesystem::path> find_weights(const std::filesystem::path& model_dir);

// Throws Error as find_weights and SafetensorsSet do, also when there are no weights.
SafetensorsSet open_weights(const std::filesystem::path& model_dir);

// The total size of the files of find_weights(), in bytes.
int64_t weights_bytes(const std::filesystem::path& weights);

}  // namespace rpp
