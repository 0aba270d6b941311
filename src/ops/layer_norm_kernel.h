// LayerNorm of rows, with dropout and a residual added first. T is float, or uint16_t for bf16 bits.
#pragma once

#include <cstdint>

#include "rpp/ops/dropout_mask.h"

namespace rpp {

// All matrices are [rows, hidden].
template <typename T>
struct LayerNormForward {
  const T* x = nullptr;
  const T* residual = nullptr;  // nullptr: none
  const float* weight = nullptr;
  const float* bias = nullptr;
  T* sum = nullptr;  // dropout(x) + residual, kept for the backward pass; nullptr: x is kept instead
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
  T* dx = nullptr;    // dsum through dropout; nullptr where it equals dsum
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

}  // namespace rpp
