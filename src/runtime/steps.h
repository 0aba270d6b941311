// Steps of the encoder and the heads over all tiles of a batch: the share of one thread.
#pragma once

#include "core/thread_team.h"
#include "tiles.h"
#include "weights.h"

namespace rpp {

enum class Activation { none, gelu };

// Activations of a batch in int8, as QuantisedTile of kernels.h.
struct QuantisedTiles {
  Tiles quads;           // [tokens, quads]: the bits of integers, not floats
  Tiles steps_and_lows;  // [tokens, 2]

  void reshape(int64_t num_tokens, int64_t most_features);
  QuantisedTile tile(int64_t index);
};

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
void do_step(const Weights& weights, const QuantiseStep& step, const ThreadTeam& team, int thread);
void do_step(const Weights& weights, const LinearStep& step, const ThreadTeam& team, int thread);
void do_step(const Weights& weights, const NormStep& step, const ThreadTeam& team, int thread);

}  // namespace rpp
