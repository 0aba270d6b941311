// Activation checkpointing (Chen et al., arXiv:1604.06174): less memory for more computation.
#pragma once

#include <torch/types.h>

#include <functional>

namespace rpp {

// body(x), storing only x: the backward pass calls body again and differentiates that. x requires a gradient;
// other tensors that body uses must be leaves, whose gradients are added to their .grad, so
// torch::autograd::grad() does not see them. body must give the same result each time, runs with the
// kernels_in_use() of the first call, and lives as long as the graph.
torch::Tensor recompute_in_backward(const torch::Tensor& x,
                                    std::function<torch::Tensor(const torch::Tensor&)> body);

}  // namespace rpp
