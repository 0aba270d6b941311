#include "steps.h"

namespace rpp {

void QuantisedTiles::reshape(int64_t num_tokens, int64_t most_features) {
  quads.reshape(num_tokens, num_quads(most_features));
  steps_and_lows.reshape(num_tokens, 2);
}

QuantisedTile QuantisedTiles::tile(int64_t index) {
  return {.quads = reinterpret_cast<Quad*>(quads.tile(index)),
          .steps = steps_and_lows.tile(index),
          .lows = steps_and_lows.tile(index, 1)};
}

void do_step(const Weights& weights, const QuantiseStep& step, const ThreadTeam& team, int thread) {
  const auto [first, end] = team.share(step.x.num_tiles(), thread);
  for (int64_t tile = first; tile < end; ++tile) {
    weights.kernels->quantise(step.x.tile(tile), step.features, step.y.tile(tile), step.x.groups(tile));
  }
}

void do_step(const Weights& weights, const LinearStep& step, const ThreadTeam& team, int thread) {
  const Linear& linear = step.linear;
  const auto [first, end] = team.share(step.x.num_tiles() * linear.num_blocks(), thread);
  for (int64_t i = first; i < end; ++i) {
    const int64_t tile = i / linear.num_blocks(), block = i % linear.num_blocks();
    const int64_t groups = step.x.groups(tile);
    const LinearInput input = {.x = step.x.tile(tile),
                               .quantised = linear.is_int8() ? step.quantised->tile(tile) : QuantisedTile{}};
    linear.apply(*weights.kernels, block, input, step.y.tile(tile, step.y_feature), groups);
    if (step.activation == Activation::none) continue;
    const int64_t first_row = block * Linear::kBlockRows;
    const int64_t num_rows = std::min(Linear::kBlockRows, linear.rows - first_row);
    weights.kernels->gelu(step.y.tile(tile, step.y_feature + first_row), num_rows, groups);
  }
}

void do_step(const Weights& weights, const NormStep& step, const ThreadTeam& team, int thread) {
  const auto [first, end] = team.share(step.x.num_tiles(), thread);
  for (int64_t tile = first; tile < end; ++tile) {
    const float* residual = step.residual == nullptr ? nullptr : step.residual->tile(tile);
    weights.kernels->add_layer_norm({.x = step.x.tile(tile),
                                     .residual = residual,
                                     .weight = step.norm.weight.data(),
                                     .bias = step.norm.bias.data(),
                                     .epsilon = weights.layer_norm_eps,
                                     .features = step.x.features()},
                                    step.y.tile(tile), step.x.groups(tile));
  }
}

}  // namespace rpp
