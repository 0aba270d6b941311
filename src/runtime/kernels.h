// The loops of the encoder, compiled for each instruction set and selected when a model is loaded.
//
// All work on one tile (matrix.h), on its first `groups` groups of 16 tokens, and give each token the same
// result for any number of groups. Tiles are aligned to 64 bytes.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

#include "matrix.h"

namespace rpp {

struct NormArguments {
  const float* x = nullptr;         // [features, 64]
  const float* residual = nullptr;  // [features, 64], or nullptr
  const float* weight = nullptr;    // [features]
  const float* bias = nullptr;      // [features]
  float epsilon = 0;
  int64_t features = 0;
};

// A tile in int8: activation = low + step * byte, with the token's own low and step. The bytes are unsigned;
// features beyond the last are 0. A token with a value that is not finite has a step of NaN.
struct QuantisedTile {
  Quad* quads = nullptr;   // [num_quads(features), 64]
  float* steps = nullptr;  // [64]
  float* lows = nullptr;   // [64]
};

// Rows of a matrix in int8: QuadMatrix of matrix.h.
struct QuantisedRows {
  int64_t count = 0;
  const float* scales = nullptr;
  const float* sums = nullptr;
  const float* bias = nullptr;
};

// Rows of activations whose tokens need not begin at a lane that is aligned.
struct ScaledRows {
  const float* x = nullptr;
  int64_t x_stride = 0, y_stride = 0;  // from row to row
  const float* factors = nullptr;      // [num_tokens]
  int64_t count = 0;
  int64_t num_tokens = 0;
};

// Factors that copy.
inline constexpr auto kOnes = [] {
  std::array<float, kTileTokens> ones{};
  ones.fill(1.0F);
  return ones;
}();

struct Kernels {
  // "AVX3_VNNI", "AVX3" (AVX-512), "AVX2", "NEON"; "EMU128" or "SCALAR" run anywhere
  std::string_view name;
  // From this share of zero quads a matrix in int8 is faster sparse: measured (docs/performance.md).
  double sparse_quads_from = 0;

  // y = W x + bias for the rows of W; x: [depth, 64], y: [rows, 64]. No bias: nullptr.
  void (*dense_matmul)(const DenseView& weights, const float* bias, const float* x, float* y, int64_t groups);
  // The same for a block of rows: bias and y start at its first row.
  void (*sparse_matmul)(const SparseMatrix& weights, int64_t block, const float* bias, const float* x,
                        float* y, int64_t groups);
  // sums = W x in int32, exact, for the rows of W; x: [quads, 64], sums: [rows, 64].
  void (*dense_quads)(const DenseQuads& weights, const Quad* x, int32_t* sums, int64_t groups);
  // The same for a block of rows: sums starts at its first row.
  void (*sparse_quads)(const SparseQuads& weights, int64_t block, const Quad* x, int32_t* sums,
                       int64_t groups);
  // x: [features, 64]. Each token's range is cut into 255 steps, and its values are rounded to the nearest.
  void (*quantise)(const float* x, int64_t features, const QuantisedTile& to, int64_t groups);
  // y = scale (step * sum + low * row_sum) + bias: the product of the matrix and the activations that the
  // integers stand for, plus the bias. sums, y: [rows, 64], which may be the same memory.
  void (*dequantise)(const QuantisedRows& rows, const QuantisedTile& x, const int32_t* sums, float* y,
                     int64_t groups);
  // x = x * Phi(x) for [rows, 64], Phi after Abramowitz & Stegun 7.1.26 (error of erf below 1.5e-7).
  void (*gelu)(float* x, int64_t rows, int64_t groups);
  // y = LayerNorm(x + residual) over the features of each token; y may be x.
  void (*add_layer_norm)(const NormArguments& arguments, float* y, int64_t groups);
  // x = exp(x - the token's maximum), over [rows, 64]; the token's 1 / sum is written to inverse_sums [64].
  void (*softmax)(float* x, float* inverse_sums, int64_t rows, int64_t groups);
  // y[row][token] = x[row][token] * factors[token]; nothing else of y is written.
  void (*scale_rows)(const ScaledRows& rows, float* y);
};

// The kernels that this machine can run, fastest first. Never empty.
std::span<const Kernels* const> supported_kernels();

// By name; empty: the fastest. Throws Error that lists the names for an unknown one.
const Kernels& find_kernels(std::string_view name);

}  // namespace rpp
