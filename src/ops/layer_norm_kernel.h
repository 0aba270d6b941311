// LayerNorm of rows, with dropout and a residual added first. T is float, or uint16_t for bf16 bits.
#pragma once

#include <cstdint>

#include "ops/dropout_mask.h"

namespace rpp {

// All matrices are [rows, hidden].
template <typename T>
struct LayerNormForward {
  const T* x = nullptr;
  const T* residual = nullptr;  // nullptr: none
  const float* weight = nullptr;
  const float* bias = nullptr;
  T* sum = nullptr;  // dropout(x) + residual, saved for the backward pass; nullptr: x is saved instead
  T* y = nullptr;
  float* mean = nullptr;     // [rows]
  float* inverse = nullptr;  // [rows], 1 / sqrt(variance + epsilon)
  int64_t hidden = 0;
  float epsilon = 0.0F;
  DropoutRule dropout;
};

template <typename T>
struct LayerNormBackward {
  const T* sum = nullptr;
  const T* dy = nullptr;
  const float* weight = nullptr;
  const float* mean = nullptr;
  const float* inverse = nullptr;
  T* dsum = nullptr;  // gradient of the residual
  T* dx = nullptr;    // dsum through dropout; nullptr if it equals dsum
  int64_t hidden = 0;
  DropoutRule dropout;
};

// Rows [begin, end).
void layer_norm_forward(const LayerNormForward<float>& op, int64_t begin, int64_t end);
void layer_norm_forward(const LayerNormForward<uint16_t>& op, int64_t begin, int64_t end);

// Rows [begin, end); also adds their share to dweight and dbias [hidden].
void layer_norm_backward(const LayerNormBackward<float>& op, int64_t begin, int64_t end, float* dweight,
                         float* dbias);
void layer_norm_backward(const LayerNormBackward<uint16_t>& op, int64_t begin, int64_t end, float* dweight,
                         float* dbias);

// All rows: queue one kernel on `stream` (a cudaStream_t) for device pointers and return its cudaError_t,
// which is not 0 for rows beyond 6,144 columns. Block b of the backward kernel writes its partial sums of
// dweight and dbias to partial [layer_norm_blocks(rows), 2, hidden].
int layer_norm_forward_cuda(const LayerNormForward<float>& op, int64_t rows, void* stream);
int layer_norm_forward_cuda(const LayerNormForward<uint16_t>& op, int64_t rows, void* stream);
int layer_norm_backward_cuda(const LayerNormBackward<float>& op, int64_t rows, float* partial, void* stream);
int layer_norm_backward_cuda(const LayerNormBackward<uint16_t>& op, int64_t rows, float* partial,
                             void* stream);

// The same on every GPU, so that sums are: about 32 rows per block, at most eight blocks for each of 132
// multiprocessors.
constexpr int64_t layer_norm_blocks(int64_t rows) {
  const int64_t blocks = (rows + 31) / 32;
  return blocks < 1056 ? blocks : 1056;
}

}  // namespace rpp
