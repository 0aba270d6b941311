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
  const Tiles& hidden() const { return result_; }  // [tokens, hidden]

 private:
  struct Scratch {
    AttentionScratch attention;
    std::vector<float> word, position, token_type;  // [embedding]
  };
  // What lives between two attentions only: memory for all tiles that all threads share, or for one tile of
  // each thread.
  struct Buffers {
    Tiles attended, projected;  // [tokens, hidden]
    Tiles intermediate;         // [tokens, intermediate]
    QuantisedTiles quantised;   // the input of the next matrices, for a model in int8
  };

  void encode_portion(const TokenBatch& batch);
  // The sequences [first, end) as a batch; valid until the next call.
  TokenBatch sequences_of(const TokenBatch& batch, int64_t first, int64_t end);
  void copy_portion_to(int64_t first_token);
  void reshape(const TokenBatch& batch);
  bool divides_well(int64_t num_tiles) const;
  void embed(const TokenBatch& batch, int thread);
  void embed_token(const TokenBatch& batch, int64_t token, int64_t position_row, Scratch& scratch);
  Tiles& embeddings() { return weights_.embedding_projection ? embedded_ : *hidden_; }
  template <typename Work>
  void on_tiles(int thread, const Work& work);
  template <typename Step>
  void do_step(const Step& step, const Part& part);
  void wait_for_all_of(const Part& part);
  void begin_layers(const Part& part);
  void begin_attention(size_t layer, Buffers& buffers, const Part& part);
  void end_layer(size_t layer, Buffers& buffers, const Part& part);
  void quantise(const Tiles& x, int64_t features, Buffers& buffers, const Part& part);
  void attend_all(const LayerShape& shape, const TokenBatch& batch, int thread);

  const Weights& weights_;
  ThreadTeam& team_;
  bool by_tile_ = false;                  // each thread has tiles of its own between two attentions
  Tiles result_;                          // [tokens of the batch, hidden]
  Tiles portion_;                         // [tokens, hidden], of a portion of the batch
  std::vector<int32_t> portion_seqlens_;  // [sequences + 1]
  Tiles* hidden_ = &result_;      // [tokens, hidden], of the batch or a portion of it, as all that follow
  Tiles embedded_;                // [tokens, embedding], if they are projected
  Tiles qkv_;                     // [tokens, qkv_features]
  Tiles context_;                 // [tokens, heads * value_dim]
  std::vector<Buffers> buffers_;  // one per thread, of which the first may be shared
  std::vector<Scratch> scratch_;  // one per thread
};

}  // namespace rpp
