// Whether the weights of a file are numbers. Without Torch.
#pragma once

#include <filesystem>

#include "io/safetensors.h"

namespace rpp {

// Throws Error naming the file, the tensor, how many of its values are no finite fp32 numbers, and the first
// of them. Tensors of integers pass.
void check_finite(const std::filesystem::path& file, const TensorView& tensor);

}  // namespace rpp
