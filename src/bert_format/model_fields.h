// The keys of config.json and configs/model/ files, with their ranges and explanations.
#pragma once

#include "bert_format/model_config.h"
#include "core/field_info.h"

namespace rpp {

template <typename Visitor>
void visit_fields(ConfigOf<ModelConfig> auto& c, Visitor&& v) {
  v.field({"vocab_size", "entries of the vocabulary", at_least(1)}, c.vocab_size);
  v.field({"hidden_size", "a multiple of num_attention_heads", at_least(1)}, c.hidden_size);
  v.field({"num_hidden_layers", "encoder layers", at_least(1)}, c.num_hidden_layers);
  v.field({"num_attention_heads", "heads of a layer", at_least(1)}, c.num_attention_heads);
  v.field({"intermediate_size", "width of the feed-forward part", at_least(1)}, c.intermediate_size);
  v.field({"hidden_act", "the erf form of GELU", {}, {"gelu"}}, c.hidden_act);
  v.field({"hidden_dropout_prob", "of embeddings and sublayers", from_below(0, 1)}, c.hidden_dropout_prob);
  v.field({"attention_probs_dropout_prob", "of attention weights", from_below(0, 1)},
          c.attention_probs_dropout_prob);
  v.field({"max_position_embeddings", "longest sequence", at_least(1)}, c.max_position_embeddings);
  v.field({"type_vocab_size", "segments; next sentences need 2", at_least(1)}, c.type_vocab_size);
  v.field({"initializer_range", "standard deviation of new weights", more_than(0)}, c.initializer_range);
  v.field({"layer_norm_eps", "added to the variance in LayerNorm", more_than(0)}, c.layer_norm_eps);
  v.field({"pad_token_id", "id of the padding token", at_least(0)}, c.pad_token_id);
}

template <typename Visitor>
void visit_fields(ConfigOf<LayerSizes> auto& c, Visitor&& v) {
  v.field({"num_attention_heads", "heads that are left", at_least(1)}, c.num_attention_heads);
  v.field({"query_key_dim", "of a head", at_least(1)}, c.query_key_dim);
  v.field({"value_dim", "of a head", at_least(1)}, c.value_dim);
  v.field({"intermediate_size", "width of the feed-forward part", at_least(1)}, c.intermediate_size);
}

}  // namespace rpp
