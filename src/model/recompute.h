// Activation checkpointing (Chen et al., arXiv:1604.06174): memory for time.
#pragma once

#include <torch/types.h>

#include <functional>

namespace rpp {

// body(x), of which only x is kept: the backward pass calls body again and goes back through what that makes.
// x requires a gradient; other tensors that body uses must be leaves, whose gradients are added to their
// .grad, so torch::autograd::grad() does not see them. body gives the same result each time, on the
// kernels_in_use() of the first, and lives as long as the graph.
torch::Tensor recompute_in_backward(const torch::Tensor& x,
                                    std::function<torch::Tensor(const torch::Tensor&)> body);

}  // namespace rpp
