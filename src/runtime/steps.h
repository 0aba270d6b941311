// Steps of the encoder and the heads over all tiles of a batch: what one thread of a team does of them.
#pragma once

#include "thread_team.h"
#include "tiles.h"
#include "weights.h"

namespace rpp {

enum class Activation { none, gelu };

// y = activation(W x + b); the features of y from `y_feature` on are written.
struct LinearStep {
  const Linear& linear;
  const Tiles& x;
  Tiles& y;
  int64_t y_feature = 0;
  Activation activation = Activation::none;
};

// y = LayerNorm(x + residual); y may be x.
struct NormStep {
  const LayerNorm& norm;
  const Tiles& x;
  const Tiles* residual = nullptr;  // or none
  Tiles& y;
};

// Shares are blocks of rows of a tile, or tiles. None of the steps waits for the other threads.
void do_step(const Weights& weights, const LinearStep& step, const ThreadTeam& team, int thread);
void do_step(const Weights& weights, const NormStep& step, const ThreadTeam& team, int thread);

}  // namespace rpp
