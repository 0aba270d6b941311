// The loops of the encoder, compiled for each instruction set and selected when a model is loaded.
//
// All work on one tile (matrix.h), on its first `groups` groups of 16 tokens, and give each token the same
// result for any number of groups. Tiles are aligned to 64 bytes.
#pragma once

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

struct Kernels {
  std::string_view name;  // "AVX3" (AVX-512), "AVX2", "NEON"; "EMU128" or "SCALAR" run anywhere

  // y = W x + bias for the rows of W; x: [depth, 64], y: [rows, 64]. No bias: nullptr.
  void (*dense_matmul)(const DenseView& weights, const float* bias, const float* x, float* y, int64_t groups);
  // The same for a block of rows: bias and y start at its first row.
  void (*sparse_matmul)(const SparseMatrix& weights, int64_t block, const float* bias, const float* x,
                        float* y, int64_t groups);
  // x = x * Phi(x) for [rows, 64], Phi after Abramowitz & Stegun 7.1.26 (error of erf below 1.5e-7).
  void (*gelu)(float* x, int64_t rows, int64_t groups);
  // y = LayerNorm(x + residual) over the features of each token; y may be x.
  void (*add_layer_norm)(const NormArguments& arguments, float* y, int64_t groups);
  // x = exp(x - the token's maximum), over [rows, 64]; the token's 1 / sum is written to inverse_sums [64].
  void (*softmax)(float* x, float* inverse_sums, int64_t rows, int64_t groups);
};

// The kernels that this machine can run, fastest first. Never empty.
std::span<const Kernels* const> supported_kernels();

// By name; empty: the fastest. Throws Error that lists the names for an unknown one.
const Kernels& find_kernels(std::string_view name);

}  // namespace rpp
