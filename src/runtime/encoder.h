// The encoder on tiles: embeddings and layers of one batch, computed by a team of threads.
#pragma once

#include <vector>

#include "attention.h"
#include "core/thread_team.h"
#include "rpp/session.h"
#include "steps.h"
#include "tiles.h"
#include "weights.h"

namespace rpp {

class Encoder {
 public:
  Encoder(const Weights& weights, ThreadTeam& team);

  void encode(const TokenBatch& batch);            // must be valid
  const Tiles& hidden() const { return hidden_; }  // [tokens, hidden]

 private:
  struct Scratch {
    AttentionScratch attention;
    std::vector<float> word, position, token_type;  // [embedding]
  };

  void reshape(const TokenBatch& batch);
  void embed(const TokenBatch& batch, int thread);
  void embed_token(const TokenBatch& batch, int64_t token, int64_t position_row, Scratch& scratch);
  Tiles& embeddings() { return weights_.embedding_projection ? embedded_ : hidden_; }
  void encode_layer(size_t layer, const TokenBatch& batch, int thread);
  void quantise(const Tiles& x, int64_t features, int thread);
  void attend_all(const LayerShape& shape, const TokenBatch& batch, int thread);

  const Weights& weights_;
  ThreadTeam& team_;
  Tiles embedded_;                       // [tokens, embedding], if they are projected
  Tiles hidden_, attended_, projected_;  // [tokens, hidden]
  Tiles qkv_;                            // [tokens, qkv_features]
  Tiles context_;                        // [tokens, heads * value_dim]
  Tiles intermediate_;                   // [tokens, intermediate]
  QuantisedTiles quantised_;             // the input of the next matrices, for a model in int8
  std::vector<Scratch> scratch_;         // one per thread
};

}  // namespace rpp
