// LayerNorm (Ba et al., arXiv:1607.06450) over rows, alone and fused with BERT's preceding dropout and
// residual.
//
// x is [rows, hidden], fp32 or bf16; weight and bias are [hidden] fp32. Statistics and arithmetic use fp32;
// the result has the dtype of x.
#pragma once

#include <torch/types.h>

#include "ops/dropout_seed.h"

namespace rpp {

torch::Tensor layer_norm(const torch::Tensor& x, const torch::Tensor& weight, const torch::Tensor& bias,
                         double epsilon);

// layer_norm(dropout(x) + residual). Mask as in dropout.h; a residual of another dtype is cast to that of x.
torch::Tensor dropout_add_layer_norm(const torch::Tensor& x, const torch::Tensor& residual,
                                     const torch::Tensor& weight, const torch::Tensor& bias, double epsilon,
                                     double dropout_rate, const DropoutSeed& dropout_seed);

}  // namespace rpp
