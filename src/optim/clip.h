// Clipping by the global norm of all gradients. The optimizer applies the scale in its own pass, so gradients
// are read once more but never rewritten.
#pragma once

#include "rpp/flat_params.h"

namespace rpp {

// The Euclidean norm of params.grads(), summed in double. Not finite if a gradient is not.
double global_grad_norm(const FlatParams& params);

// The factor for ProxAdamW::step that reduces `norm` to max_norm; 1 if it is smaller or max_norm is 0.
double clip_scale(double norm, double max_norm);

}  // namespace rpp
