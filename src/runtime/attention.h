// Self-attention of one head over one sequence: softmax(score_scale Q K^T) V.
#pragma once

#include <cstdint>
#include <vector>

#include "kernels.h"
#include "rpp/runtime_model.h"
#include "tiles.h"

namespace rpp {

// The head's part of the activations, with its tokens starting at lane 0.
struct AttentionScratch {
  Tiles query;                // [64 tokens, query_key_dim], scaled
  Tiles scores;               // [64 tokens, keys], then their exponentials
  Tiles context;              // [64 tokens, value_dim]
  std::vector<float> keys;    // [query_key_dim, tokens]
  std::vector<float> values;  // [value_dim, tokens]

  void reserve(const LayerShape& shape, int64_t num_tokens);
};

struct AttentionHead {
  int64_t head = 0;
  int64_t first_token = 0;  // of the sequence
  int64_t num_tokens = 0;
};

// Numbers of features of the queries, keys and values of all heads, in this order.
inline int64_t qkv_features(const LayerShape& shape) {
  return shape.num_heads * (2 * shape.query_key_dim + shape.value_dim);
}

// qkv: [tokens, qkv_features]; writes the head's value_dim features of context, [tokens, heads * value_dim].
// `bias`: RelativeBias::centre of the head, or nullptr.
void attend(const Kernels& kernels, const LayerShape& shape, const AttentionHead& head, const float* bias,
            const Tiles& qkv, AttentionScratch& scratch, Tiles& context);

}  // namespace rpp
