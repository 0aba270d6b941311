// GELU in its exact erf form (Hendrycks & Gimpel, arXiv:1606.08415), as google-research/bert uses it.
#pragma once

#include <torch/types.h>

namespace rpp {

// x * Phi(x), any shape, fp32 or bf16; computed in fp32. Absolute error of Phi below 1e-6 in fp32.
torch::Tensor gelu(const torch::Tensor& x);

}  // namespace rpp
