// Whether the CPU multiplies bf16 matrices itself.
//
// Torch has a slow loop for processors without: hundreds of times slower than fp32. There the matmuls of
// linear() convert their bf16 operands to fp32, which is exact, and round the result to bf16: the same as
// with bf16 instructions, up to the order of additions, at the speed of fp32.
#pragma once

#include <torch/types.h>

namespace rpp {

// True for a GPU. On x86: AVX512_BF16, which processors with AMX have too.
bool has_bf16_matmul(const torch::Device& device);

}  // namespace rpp
