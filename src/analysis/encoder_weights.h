// Weights of an encoder layer as floats, straight from a file.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "io/safetensors.h"

namespace rpp {

// `rest` follows "encoder.layer.N."; valid as long as the file. Throws Error naming the tensor when it is
// absent, not F32, or does not have `count` entries.
std::span<const float> encoder_floats(const SafetensorsFile& file, int64_t layer, std::string_view rest,
                                      int64_t count);

}  // namespace rpp
