#include "steps.h"

namespace rpp {

void do_step(const Weights& weights, const LinearStep& step, const ThreadTeam& team, int thread) {
  const Linear& linear = step.linear;
  const auto [first, end] = team.share(step.x.num_tiles() * linear.num_blocks(), thread);
  for (int64_t i = first; i < end; ++i) {
    const int64_t tile = i / linear.num_blocks(), block = i % linear.num_blocks();
    const int64_t groups = step.x.groups(tile);
    linear.apply(*weights.kernels, block, step.x.tile(tile), step.y.tile(tile, step.y_feature), groups);
    if (step.activation == Activation::none) continue;
    const int64_t first_row = block * linear.block_rows();
    const int64_t num_rows = std::min(linear.block_rows(), linear.rows - first_row);
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
