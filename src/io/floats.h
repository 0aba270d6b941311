// Weights of a file as fp32, whatever their type.
#pragma once

#include <span>
#include <vector>

#include "io/safetensors.h"

namespace rpp {

bool is_float(Dtype dtype);  // F64, F32, F16 or BF16

// The values of an is_float() tensor; `storage` holds them where they had to be converted. Throws Error for
// other types.
std::span<const float> as_floats(const TensorView& tensor, std::vector<float>& storage);

}  // namespace rpp
