// Steps of the encoder and the heads on tiles of a batch.
#pragma once

#include "core/thread_team.h"
#include "tiles.h"
#include "weights.h"

namespace rpp {

enum class Activation { none, gelu };

// The tiles on which a step works, and the thread that does its share of them.
struct Part {
  int64_t num_tokens = 0;  // of the batch
  int64_t first_tile = 0, end_tile = 0;
  int thread = 0, num_threads = 1;

  int64_t num_tiles() const { return end_tile - first_tile; }
  int64_t groups(int64_t tile) const {
    return num_groups(std::min(num_tokens - tile * kTileTokens, kTileTokens));
  }
};

// Of all tiles.
inline Part part_of(const Tiles& tiles, const ThreadTeam& team, int thread) {
  return {.num_tokens = tiles.num_tokens(),
          .end_tile = tiles.num_tiles(),
          .thread = thread,
          .num_threads = team.size()};
}

// Activations of a batch in int8, as QuantisedTile of kernels.h.
struct QuantisedTiles {
  Tiles quads;           // [tokens, quads]: the bits of integers, not floats
  Tiles steps_and_lows;  // [tokens, 2]

  void reshape(int64_t num_tokens, int64_t most_features);
  QuantisedTile tile(int64_t index);
};

// Inputs and outputs of steps have all tiles of the batch, or one: memory for each tile in turn.

// y = the first `features` of x in int8.
struct QuantiseStep {
  const Tiles& x;
  int64_t features = 0;
  QuantisedTiles& y;
};

// y = activation(W x + b), written to the features of y starting at `y_feature`.
struct LinearStep {
  const Linear& linear;
  const Tiles& x;
  QuantisedTiles* quantised = nullptr;  // x for a matrix in int8
  Tiles& y;
  int64_t y_feature = 0;
  Activation activation = Activation::none;
};

// y = LayerNorm(x + residual); y may be x.
struct NormStep {
  const LayerNorm& norm;
  const Tiles& x;
  const Tiles* residual = nullptr;  // or nullptr
  Tiles& y;
};

// Shares are blocks of rows of a tile, or tiles. No step waits for other threads.
void do_step(const Weights& weights, const QuantiseStep& step, const Part& part);
void do_step(const Weights& weights, const LinearStep& step, const Part& part);
void do_step(const Weights& weights, const NormStep& step, const Part& part);

}  // namespace rpp
