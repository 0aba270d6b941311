// Weights in the kernels' layout, and the tiles of activations.
//
// Activations are K-major: a tile is [features, kTileTokens], with 64 tokens side by side in each row. Every
// step of the encoder works on a tile, lane by lane: a token's result does not depend on its tile, lane or
// batch. A partial tile computes only its first groups of 16 tokens.
#pragma once

#include <cstdint>
#include <span>
#include <vector>
#include "io/packed_tensor.h"

namespace rpp {

struct PackedView;

constexpr int64_t kTileTokens = 64;
constexpr int64_t kGroupTokens = 16;

constexpr int64_t num_groups(int64_t tokens) {
  return (tokens + kGroupTokens - 1) / kGroupTokens;
}

// Four int8 weights of neighbouring inputs, or four unsigned bytes of activations: the lowest byte is the
// first.
using Quad = int32_t;
constexpr int64_t kQuad = 4;

constexpr int64_t num_quads(int64_t inputs) {
  return (inputs + kQuad - 1) / kQuad;
}

// The entry (row, k) is at values[row * row_stride + k * depth_stride]. Value: float, or Quad.
template <typename Value>
struct DenseOf {
  const Value* values = nullptr;
  int64_t rows = 0;
  int64_t depth = 0;
  int64_t row_stride = 0;
  int64_t depth_stride = 1;
};

// A sparse matrix, split into blocks of rows and these into panels of columns, as many as fit the L1 cache
// with their part of a tile. Within a panel the rows are sorted by their number of values, so that loop ends
// are predictable; each row has an even number of values, padded with a zero. Value: float, or Quad; then a
// column is four inputs.
template <typename Value>
struct SparseOf {
  static constexpr int64_t kBlockRows = 96;
  static constexpr int64_t kPanelCols = 192;

  struct Run {
    uint16_t row = 0;        // in the block
    uint16_t num_pairs = 0;  // of values
  };
  struct Panel {
    int64_t first_run = 0, num_runs = 0;
    int64_t first_value = 0;
  };

  int64_t rows = 0;
  int64_t cols = 0;
  std::vector<Panel> panels;  // [blocks][panels of columns]
  std::vector<Run> runs;      // rows of zeros have none
  std::vector<Value> values;
  std::vector<uint8_t> columns;  // of each value, in its panel

  int64_t panels_per_block() const { return (cols + kPanelCols - 1) / kPanelCols; }
};

using DenseView = DenseOf<float>;
using DenseQuads = DenseOf<Quad>;
using SparseMatrix = SparseOf<float>;
using SparseQuads = SparseOf<Quad>;

// The view must have passed check_packed. Values that are zero, as int8 may round to, are dropped.
SparseMatrix make_sparse(const PackedView& packed);
// matrix: row-major [rows, cols].
SparseMatrix make_sparse(std::span<const float> matrix, int64_t rows, int64_t cols);
SparseQuads make_sparse(std::span<const Quad> matrix, int64_t rows, int64_t cols);

// A matrix in int8, each row with its own scale: weight = scale * integer, integer = round(weight / scale),
// scale = the row's largest magnitude / 127.
struct QuadMatrix {
  std::vector<Quad> quads;    // [rows][num_quads(cols)]
  std::vector<float> scales;  // [rows]; 0 for a row of zeros
  std::vector<float> sums;    // [rows]: of the integers, exact
};

// The view must have passed check_packed and check_finite. memory: to be used again, of any size.
QuadMatrix make_quads(const PackedView& packed, std::vector<Quad> memory = {});

}  // namespace rpp
