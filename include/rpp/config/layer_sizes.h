// The sizes of an encoder layer, also of a model whose layers differ.
#pragma once

#include "rpp/config/config.h"

namespace rpp {

// `layer` counts from 0. Scores are scaled by 1 / sqrt(hidden_size / num_attention_heads) of the model
// whatever a layer has left: dropping a dead dimension changes no score.
LayerSizes sizes_of_layer(const ModelConfig& config, int64_t layer);

}  // namespace rpp
