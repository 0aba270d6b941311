// Activations of a batch as tiles (matrix.h), and moving tokens into and out of them.
#pragma once

#include <algorithm>
#include <cassert>
#include <cstdint>
#include <vector>

#include "matrix.h"

namespace rpp {

// One feature of a tile's tokens, aligned as the kernels require.
struct alignas(64) TileRow {
  float tokens[kTileTokens];
};

constexpr int64_t num_tiles(int64_t tokens) {
  return (tokens + kTileTokens - 1) / kTileTokens;
}

// [tiles][features][64]: the rows of a tile are contiguous.
class Tiles {
 public:
  // Grows the memory if necessary.
  void reserve(int64_t num_tokens, int64_t features) {
    const auto rows = static_cast<size_t>(rpp::num_tiles(num_tokens) * features);
    if (rows_.size() < rows) rows_.resize(rows);
  }
  // Sets the shape; the contents are undefined until written.
  void shape(int64_t num_tokens, int64_t features) {
    assert(static_cast<size_t>(rpp::num_tiles(num_tokens) * features) <= rows_.size());
    num_tokens_ = num_tokens;
    features_ = features;
  }
  void reshape(int64_t num_tokens, int64_t features) {
    reserve(num_tokens, features);
    shape(num_tokens, features);
  }

  int64_t num_tokens() const { return num_tokens_; }
  int64_t features() const { return features_; }
  int64_t num_tiles() const { return rpp::num_tiles(num_tokens_); }
  // For the tile's tokens.
  int64_t groups(int64_t tile) const {
    return num_groups(std::min(num_tokens_ - tile * kTileTokens, kTileTokens));
  }

  // [features, 64], starting at the given feature.
  float* tile(int64_t tile, int64_t feature = 0) {
    return rows_[static_cast<size_t>(tile * features_ + feature)].tokens;
  }
  const float* tile(int64_t tile, int64_t feature = 0) const {
    return rows_[static_cast<size_t>(tile * features_ + feature)].tokens;
  }
  float& at(int64_t token, int64_t feature) {
    return tile(token / kTileTokens, feature)[token % kTileTokens];
  }
  float at(int64_t token, int64_t feature) const {
    return tile(token / kTileTokens, feature)[token % kTileTokens];
  }

 private:
  int64_t num_tokens_ = 0;
  int64_t features_ = 0;
  std::vector<TileRow> rows_;
};

// Consecutive tokens within one tile.
struct Stretch {
  int64_t tile = 0;
  int64_t lane = 0;  // of the first
  int64_t length = 0;
  int64_t done = 0;  // tokens before this range
};

// Calls visit for each range of the tokens [first, first + count).
template <typename Visit>
void for_each_stretch(int64_t first, int64_t count, const Visit& visit) {
  for (int64_t done = 0; done < count;) {
    const int64_t lane = (first + done) % kTileTokens;
    const int64_t length = std::min(kTileTokens - lane, count - done);
    visit(Stretch{.tile = (first + done) / kTileTokens, .lane = lane, .length = length, .done = done});
    done += length;
  }
}

}  // namespace rpp
