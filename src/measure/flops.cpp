#include "measure/flops.h"

#include "bert_format/model_config.h"

namespace rpp {

double training_flops_per_token(const ModelConfig& config, const TokenWork& work) {
  const auto hidden = static_cast<double>(config.hidden_size);
  const auto vocab = static_cast<double>(config.vocab_size);
  const auto embedding = static_cast<double>(embedding_dim(config));
  double multiply_adds =
      work.predictions * (hidden + vocab) * embedding + work.sequences * (hidden * hidden + 2 * hidden);
  if (embedding != hidden) multiply_adds += embedding * hidden;  // the projection of the embeddings
  for (int64_t layer = 0; layer < config.num_hidden_layers; ++layer) {
    const auto sizes = sizes_of_layer(config, layer);
    const auto query = static_cast<double>(sizes.num_attention_heads * sizes.query_key_dim);
    const auto value = static_cast<double>(sizes.num_attention_heads * sizes.value_dim);
    const auto units = static_cast<double>(sizes.intermediate_size);
    multiply_adds += 2 * hidden * (query + value + units) + work.attended * (query + value);
  }
  return 3 * 2 * multiply_adds;
}

}  // namespace rpp
