// The sizes of a model, as Hugging Face's config.json holds them.
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "bert_format/family.h"

namespace rpp {

// The sizes of one encoder layer; all heads of a layer are equal.
struct LayerSizes {
  int64_t num_attention_heads = 0;
  int64_t query_key_dim = 0;  // per head
  int64_t value_dim = 0;      // per head
  int64_t intermediate_size = 0;

  bool operator==(const LayerSizes&) const = default;
};

// The keys of Hugging Face's config.json, plus layer_sizes; defaults are BERT-base, uncased.
struct ModelConfig {
  int64_t vocab_size = 30522;
  int64_t hidden_size = 768;
  int64_t num_hidden_layers = 12;
  int64_t num_attention_heads = 12;
  int64_t intermediate_size = 3072;
  std::string hidden_act = "gelu";  // the erf form
  double hidden_dropout_prob = 0.1;
  double attention_probs_dropout_prob = 0.1;
  int64_t max_position_embeddings = 512;
  int64_t type_vocab_size = 2;
  double initializer_range = 0.02;
  double layer_norm_eps = 1e-12;
  int64_t pad_token_id = 0;
  ModelFamily family = ModelFamily::bert;
  int64_t embedding_size = 0;  // of ELECTRA's tables; read with embedding_dim()
  // One entry per layer in a model whose layers differ (rpp-inspect compact, or pruned_heads); empty: all
  // layers have the sizes above. Read with sizes_of_layer().
  std::vector<LayerSizes> layer_sizes;
};

// `layer` counts from 0. Scores are scaled by 1 / sqrt(hidden_size / num_attention_heads) of the model
// whatever a layer has left: dropping a dead dimension changes no score.
LayerSizes sizes_of_layer(const ModelConfig& config, int64_t layer);

// The columns of the embedding tables: hidden_size, in ELECTRA embedding_size.
int64_t embedding_dim(const ModelConfig& config);
// The row of the position embeddings for a sequence's first token: pad_token_id + 1 in RoBERTa, 2 in MPNet,
// else 0.
int64_t first_position(const ModelConfig& config);
// The maximum number of tokens of a sequence.
int64_t max_tokens(const ModelConfig& config);
bool has_token_types(const ModelConfig& config);  // if not, type_vocab_size means nothing
// Whether scores depend on the distance of two tokens (relative_position.h).
bool has_relative_positions(const ModelConfig& config);

// What is wrong with the combination of a model's sizes; empty if nothing.
std::string complaint(const ModelConfig& config);

// Reads the text of a config.json; absent keys have transformers' defaults, unknown keys are skipped; its
// pruned_heads become layer_sizes. Throws Error that names `source_name` for damaged JSON, an unknown
// model_type, a decoder, an activation other than erf GELU, relative positions, and values out of range.
ModelConfig model_config_from_json(std::string_view text, std::string_view source_name);

// The text of a config.json: model_type, the model's fields, and the members of `extra` ("architectures",
// "id2label").
std::string to_json(const ModelConfig& config, const nlohmann::ordered_json& extra);
std::string to_json(const ModelConfig& config);

// The text of a config.json with other sizes of layers, one entry for each; its other keys stay as they are.
// intermediate: all layers have the same, in the key intermediate_size, which transformers reads too; all: in
// layer_sizes.
enum class LayerSizesKind { intermediate, all };
std::string with_layer_sizes(std::string_view config_json, std::string_view source_name,
                             std::span<const LayerSizes> sizes, LayerSizesKind kind);

}  // namespace rpp
