// How far the readers of model files get with some bytes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>

namespace rpp {

enum class ReadStage { nothing, safetensors, model_file, runtime, encoded };
inline constexpr size_t kNumReadStages = 5;

// Reads the bytes as safetensors, as a model file and as a model, and lets the model encode. rpp::Error ends
// this at the stage before; nothing else may.
ReadStage read_as_far_as_possible(std::span<const uint8_t> bytes);

// The readers map a file, so the bytes become this one, in memory where there is such a folder. Those that
// crashed a process are still there.
const std::filesystem::path& input_path();

}  // namespace rpp
