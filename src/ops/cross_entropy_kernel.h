// Cross entropy of rows of logits. T is float, or uint16_t for bf16 bits. Rows whose label is
// kIgnoredLabel have no loss, are not correct and have a gradient of 0.
#pragma once

#include <cstdint>

namespace rpp {

template <typename T>
struct CrossEntropyForward {
  const T* logits = nullptr;  // [rows, classes], a row every `stride` elements
  const int64_t* labels = nullptr;
  float* loss = nullptr;          // [rows]
  float* log_sum_exp = nullptr;   // [rows]
  int64_t* is_correct = nullptr;  // [rows], 0 or 1
  int64_t classes = 0;
  int64_t stride = 0;
};

template <typename T>
struct CrossEntropyBackward {
  const T* logits = nullptr;
  const int64_t* labels = nullptr;
  const float* log_sum_exp = nullptr;
  T* dlogits = nullptr;  // laid out as the logits
  int64_t classes = 0;
  int64_t stride = 0;
  const float* scale = nullptr;  // one number: the gradient of the summed loss
};

// Rows [begin, end).
void cross_entropy_forward(const CrossEntropyForward<float>& op, int64_t begin, int64_t end);
void cross_entropy_forward(const CrossEntropyForward<uint16_t>& op, int64_t begin, int64_t end);
void cross_entropy_backward(const CrossEntropyBackward<float>& op, int64_t begin, int64_t end);
void cross_entropy_backward(const CrossEntropyBackward<uint16_t>& op, int64_t begin, int64_t end);

// All rows: queue one kernel on `stream` (a cudaStream_t) for device pointers and return its cudaError_t. A
// label outside the classes fails a device assertion. dlogits may be the logits.
int cross_entropy_forward_cuda(const CrossEntropyForward<float>& op, int64_t rows, void* stream);
int cross_entropy_forward_cuda(const CrossEntropyForward<uint16_t>& op, int64_t rows, void* stream);
int cross_entropy_backward_cuda(const CrossEntropyBackward<float>& op, int64_t rows, void* stream);
int cross_entropy_backward_cuda(const CrossEntropyBackward<uint16_t>& op, int64_t rows, void* stream);

}  // namespace rpp
