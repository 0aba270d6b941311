#include "attention.h"

#include <algorithm>

namespace rpp {
namespace {

struct Features {
  int64_t first = 0, count = 0;
};

// values[i * num_tokens + t] = feature features.first + i of token t in the sequence.
void gather(const Kernels& kernels, const Tiles& tiles, const Features& features, const AttentionHead& head,
            std::vector<float>& values) {
  for_each_stretch(head.first_token, head.num_tokens, [&](const Stretch& stretch) {
    kernels.scale_rows({.x = tiles.tile(stretch.tile, features.first) + stretch.lane,
                        .x_stride = kTileTokens,
                        .y_stride = head.num_tokens,
                        .factors = kOnes.data(),
                        .count = features.count,
                        .num_tokens = stretch.length},
                       values.data() + stretch.done);
  });
}

// A tile of the sequence's tokens starting at `first`: an attention score is the dot product of a scaled
// query and a key.
void gather_queries(const Kernels& kernels, const Tiles& qkv, const LayerShape& shape,
                    const AttentionHead& head, int64_t first, Tiles& query) {
  TileRow scales;
  std::ranges::fill(scales.tokens, shape.score_scale);
  for_each_stretch(head.first_token + first, query.num_tokens(), [&](const Stretch& stretch) {
    kernels.scale_rows({.x = qkv.tile(stretch.tile, head.head * shape.query_key_dim) + stretch.lane,
                        .x_stride = kTileTokens,
                        .y_stride = kTileTokens,
                        .factors = scales.tokens,
                        .count = shape.query_key_dim,
                        .num_tokens = stretch.length},
                       query.tile(0) + stretch.done);
  });
}

void scatter_context(const Kernels& kernels, const Tiles& head_context, const float* inverse_sums,
                     const LayerShape& shape, const AttentionHead& head, int64_t first, Tiles& context) {
  for_each_stretch(head.first_token + first, head_context.num_tokens(), [&](const Stretch& stretch) {
    kernels.scale_rows({.x = head_context.tile(0) + stretch.done,
                        .x_stride = kTileTokens,
                        .y_stride = kTileTokens,
                        .factors = inverse_sums + stretch.done,
                        .count = shape.value_dim,
                        .num_tokens = stretch.length},
                       context.tile(stretch.tile, head.head * shape.value_dim) + stretch.lane);
  });
}

// scores: [queries, keys] of the queries from `first` on.
void add_bias(const float* bias, int64_t first, Tiles& scores) {
  for (int64_t key = 0; key < scores.features(); ++key) {
    float* of_queries = scores.tile(0, key);
    const float* of_distances = bias + first - key;
    for (int64_t query = 0; query < scores.num_tokens(); ++query) of_queries[query] += of_distances[query];
  }
}

}  // namespace

void AttentionScratch::reserve(const LayerShape& shape, int64_t num_tokens) {
  query.reserve(1, shape.query_key_dim);
  scores.reserve(1, num_tokens);
  context.reserve(1, shape.value_dim);
  const auto grow = [](std::vector<float>& values, int64_t size) {
    values.resize(std::max(values.size(), static_cast<size_t>(size)));
  };
  grow(keys, shape.query_key_dim * num_tokens);
  grow(values, shape.value_dim * num_tokens);
}

void attend(const Kernels& kernels, const LayerShape& shape, const AttentionHead& head, const float* bias,
            const Tiles& qkv, AttentionScratch& scratch, Tiles& context) {
  const int64_t all_heads = shape.num_heads * shape.query_key_dim, num_tokens = head.num_tokens;
  gather(kernels, qkv, {.first = all_heads + head.head * shape.query_key_dim, .count = shape.query_key_dim},
         head, scratch.keys);
  gather(kernels, qkv, {.first = 2 * all_heads + head.head * shape.value_dim, .count = shape.value_dim}, head,
         scratch.values);
  // In the matmul of scores a row is a key and the depth is the head's dimensions; in that of contexts a row
  // is a dimension and the depth is the keys.
  const DenseView keys = {.values = scratch.keys.data(),
                          .rows = num_tokens,
                          .depth = shape.query_key_dim,
                          .row_stride = 1,
                          .depth_stride = num_tokens};
  const DenseView values = {.values = scratch.values.data(),
                            .rows = shape.value_dim,
                            .depth = num_tokens,
                            .row_stride = num_tokens};
  TileRow inverse_sums;
  for (int64_t first = 0; first < num_tokens; first += kTileTokens) {
    const int64_t num_queries = std::min(kTileTokens, num_tokens - first);
    const int64_t groups = num_groups(num_queries);
    scratch.query.shape(num_queries, shape.query_key_dim);
    scratch.scores.shape(num_queries, num_tokens);
    scratch.context.shape(num_queries, shape.value_dim);
    gather_queries(kernels, qkv, shape, head, first, scratch.query);
    kernels.dense_matmul(keys, nullptr, scratch.query.tile(0), scratch.scores.tile(0), groups);
    if (bias != nullptr) add_bias(bias, first, scratch.scores);
    kernels.softmax(scratch.scores.tile(0), inverse_sums.tokens, num_tokens, groups);
    kernels.dense_matmul(values, nullptr, scratch.scores.tile(0), scratch.context.tile(0), groups);
    scatter_context(kernels, scratch.context, inverse_sums.tokens, shape, head, first, context);
  }
}

}  // namespace rpp
