// Checks that the weights of a file are finite. Without Torch.
#pragma once

#include <filesystem>

#include "io/safetensors.h"

namespace rpp {

// Throws Error naming the file, the tensor, how many of its values are not finite as fp32, and the first of
// them. Integer tensors pass.
void check_finite(const std::filesystem::path& file, const TensorView& tensor);

}  // namespace rpp
