// Elementwise loops: GELU and dropout. T is float, or uint16_t for bf16 bits.
#pragma once

#include <cstdint>

#include "ops/dropout_mask.h"
#include "rows.h"

namespace rpp {

// Elements [begin, end) of x to the same elements of y.
void gelu_forward(const float* x, float* y, int64_t begin, int64_t end);
void gelu_forward(const uint16_t* x, uint16_t* y, int64_t begin, int64_t end);
// dx = dy * (Phi(x) + x * phi(x))
void gelu_backward(const float* x, const float* dy, float* dx, int64_t begin, int64_t end);
void gelu_backward(const uint16_t* x, const uint16_t* dy, uint16_t* dx, int64_t begin, int64_t end);

// y = x * dropout_factor(rule, index)
void dropout_apply(const DropoutRule& rule, const float* x, float* y, int64_t begin, int64_t end);
void dropout_apply(const DropoutRule& rule, const uint16_t* x, uint16_t* y, int64_t begin, int64_t end);

// y[row, column] += bias[column], for rows [begin, end)
void add_bias(const float* bias, const Rows<float>& y, int64_t begin, int64_t end);
void add_bias(const float* bias, const Rows<uint16_t>& y, int64_t begin, int64_t end);

// The same on `size` elements of device memory: queue one kernel on `stream` (a cudaStream_t) and return its
// cudaError_t.
int gelu_forward_cuda(const float* x, float* y, int64_t size, void* stream);
int gelu_forward_cuda(const uint16_t* x, uint16_t* y, int64_t size, void* stream);
int gelu_backward_cuda(const float* x, const float* dy, float* dx, int64_t size, void* stream);
int gelu_backward_cuda(const uint16_t* x, const uint16_t* dy, uint16_t* dx, int64_t size, void* stream);
int dropout_apply_cuda(const DropoutRule& rule, const float* x, float* y, int64_t size, void* stream);
int dropout_apply_cuda(const DropoutRule& rule, const uint16_t* x, uint16_t* y, int64_t size, void* stream);

}  // namespace rpp
