#include "steps.h"

namespace rpp {
namespace {

int64_t place_of(const Tiles& tiles, int64_t tile) {
  return tiles.num_tiles() == 1 ? 0 : tile;
}

float* at(Tiles& tiles, int64_t tile, int64_t feature = 0) {
  return tiles.tile(place_of(tiles, tile), feature);
}

const float* at(const Tiles& tiles, int64_t tile) {
  return tiles.tile(place_of(tiles, tile));
}

// work(i) for the thread's share of `count` items.
template <typename Work>
void for_share(int64_t count, const Part& part, const Work& work) {
  const auto [begin, end] = share_of(count, part.thread, part.num_threads);
  for (int64_t i = begin; i < end; ++i) work(i);
}

}  // namespace

void QuantisedTiles::reshape(int64_t num_tokens, int64_t most_features) {
  quads.reshape(num_tokens, num_quads(most_features));
  steps_and_lows.reshape(num_tokens, 2);
}

QuantisedTile QuantisedTiles::tile(int64_t index) {
  const int64_t place = place_of(quads, index);
  return {.quads = reinterpret_cast<Quad*>(quads.tile(place)),
          .steps = steps_and_lows.tile(place),
          .lows = steps_and_lows.tile(place, 1)};
}

void do_step(const Weights& weights, const QuantiseStep& step, const Part& part) {
  for_share(part.num_tiles(), part, [&](int64_t i) {
    const int64_t tile = part.first_tile + i;
    weights.kernels->quantise(at(step.x, tile), step.features, step.y.tile(tile), part.groups(tile));
  });
}

void do_step(const Weights& weights, const LinearStep& step, const Part& part) {
  const Linear& linear = step.linear;
  const int64_t num_blocks = linear.num_blocks();
  for_share(part.num_tiles() * num_blocks, part, [&](int64_t i) {
    const int64_t tile = part.first_tile + i / num_blocks, block = i % num_blocks;
    const int64_t groups = part.groups(tile);
    const LinearInput input = {.x = at(step.x, tile),
                               .quantised = linear.is_int8() ? step.quantised->tile(tile) : QuantisedTile{}};
    linear.apply(*weights.kernels, block, input, at(step.y, tile, step.y_feature), groups);
    if (step.activation == Activation::none) return;
    const int64_t first_row = block * Linear::kBlockRows;
    const int64_t num_rows = std::min(Linear::kBlockRows, linear.rows - first_row);
    weights.kernels->gelu(at(step.y, tile, step.y_feature + first_row), num_rows, groups);
  });
}

void do_step(const Weights& weights, const NormStep& step, const Part& part) {
  for_share(part.num_tiles(), part, [&](int64_t i) {
    const int64_t tile = part.first_tile + i;
    weights.kernels->add_layer_norm(
        {.x = at(step.x, tile),
         .residual = step.residual == nullptr ? nullptr : at(*step.residual, tile),
         .weight = step.norm.weight.data(),
         .bias = step.norm.bias.data(),
         .epsilon = weights.layer_norm_eps,
         .features = step.x.features()},
        at(step.y, tile), part.groups(tile));
  });
}

}  // namespace rpp
