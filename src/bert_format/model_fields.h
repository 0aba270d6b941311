// The keys of config.json and configs/model/ files, with their ranges and explanations.
#pragma once

#include "bert_format/model_config.h"
#include "core/field_info.h"

namespace rpp {

template <typename Visitor>
void visit_fields(ConfigOf<ModelConfig> auto& c, Visitor&& v) {
  v.field({"vocab_size", "entries of the vocabulary", at_least(1)}, c.vocab_size);
  v.field({"hidden_size", "size of the hidden states; a multiple of num_attention_heads", at_least(1)},
          c.hidden_size);
  v.field({"num_hidden_layers", "encoder layers", at_least(1)}, c.num_hidden_layers);
  v.field({"num_attention_heads", "attention heads per layer", at_least(1)}, c.num_attention_heads);
  v.field({"intermediate_size", "width of the feed-forward network", at_least(1)}, c.intermediate_size);
  v.field({"hidden_act", "the erf form of GELU", {}, {"gelu"}}, c.hidden_act);
  v.field({"hidden_dropout_prob", "dropout rate of embeddings and sublayers", from_below(0, 1)},
          c.hidden_dropout_prob);
  v.field({"attention_probs_dropout_prob", "dropout rate of attention probabilities", from_below(0, 1)},
          c.attention_probs_dropout_prob);
  v.field({"max_position_embeddings", "maximum sequence length", at_least(1)}, c.max_position_embeddings);
  v.field({"type_vocab_size", "segment types; next-sentence prediction needs 2", at_least(1)},
          c.type_vocab_size);
  v.field({"initializer_range", "standard deviation of new weights", more_than(0)}, c.initializer_range);
  v.field({"layer_norm_eps", "added to the variance in LayerNorm", more_than(0)}, c.layer_norm_eps);
  v.field({"pad_token_id", "id of the padding token", at_least(0)}, c.pad_token_id);
}

template <typename Visitor>
void visit_fields(ConfigOf<LayerSizes> auto& c, Visitor&& v) {
  v.field({"num_attention_heads", "remaining heads", at_least(1)}, c.num_attention_heads);
  v.field({"query_key_dim", "query and key dimensions per head", at_least(1)}, c.query_key_dim);
  v.field({"value_dim", "value dimensions per head", at_least(1)}, c.value_dim);
  v.field({"intermediate_size", "width of the feed-forward network", at_least(1)}, c.intermediate_size);
}

}  // namespace rpp
