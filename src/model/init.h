// Initial values for training from scratch, or for a head that a checkpoint lacks.
#pragma once

#include <cstdint>

#include "model/bert.h"

namespace rpp {

// Matrices: normal with standard deviation initializer_range, truncated at two standard deviations
// (google-research/bert modeling.py, create_initializer). Biases and the padding row of the word embedding:
// 0. LayerNorm: weight 1, bias 0. A value depends only on (seed, parameter name, index), so a model has the
// same weights on any device, with any heads.
void initialize(Bert& model, uint64_t seed);

// Re-initialises the top `layers` encoder layers and the pooler as above (Zhang et al., arXiv:2006.05987);
// zeros of their matrices stay zero, so that a pruned model stays pruned. Throws Error when there are fewer
// layers.
void initialize_top(Bert& model, int64_t layers, uint64_t seed);

}  // namespace rpp
