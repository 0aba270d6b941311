// The linear layer with fp32 master weights and an optional bf16 working copy.
#pragma once

#include <torch/types.h>

namespace rpp {

// x W^T + b: x [rows, in], weight [out, in] fp32, bias [out] fp32. With `working` (weight in bf16) x is cast
// to bf16 and the matmuls and the result are bf16; without, all is fp32. Gradients of weight and bias are
// fp32 and are added directly to weight.grad() if there is one; torch::autograd::grad() with such a weight is
// not supported.
torch::Tensor linear(const torch::Tensor& x, const torch::Tensor& weight, const torch::Tensor& bias,
                     const torch::Tensor& working = {});

}  // namespace rpp
