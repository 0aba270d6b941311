#include "rpp/config/layer_sizes.h"

namespace rpp {

LayerSizes sizes_of_layer(const ModelConfig& config, int64_t layer) {
  if (!config.layer_sizes.empty()) return config.layer_sizes[static_cast<size_t>(layer)];
  const int64_t head_dim = config.hidden_size / config.num_attention_heads;
  return {.num_attention_heads = config.num_attention_heads,
          .query_key_dim = head_dim,
          .value_dim = head_dim,
          .intermediate_size = config.intermediate_size};
}

}  // namespace rpp
