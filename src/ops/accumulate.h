// Gradients that are added where they belong as they are computed.
#pragma once

#include <torch/torch.h>

namespace rpp {

// Adds `delta` to the leaf's .grad in place when there is one and returns an undefined tensor; else returns
// delta as fp32 for autograd to keep. A flat buffer's gradients exist always: no second pass over a
// temporary.
inline torch::Tensor accumulate_grad(const torch::Tensor& leaf, const torch::Tensor& delta) {
  if (!leaf.grad().defined()) return delta.to(torch::kFloat32);
  leaf.grad().add_(delta);
  return {};
}

}  // namespace rpp
