#include "elementwise_kernel.h"

#include "dropout_values.h"
#include "ops/vector_math.h"
#include "simd.h"

namespace rpp {
namespace {

template <typename T>
RPP_INLINE void gelu_forward_loop(const T* __restrict x, T* __restrict y, int64_t begin, int64_t end) {
  for (int64_t i = begin; i < end; ++i) {
    const float value = to_float(x[i]);
    store(y + i, value * fast_normal(value).cumulative);
  }
}

template <typename T>
RPP_INLINE void gelu_backward_loop(const T* __restrict x, const T* __restrict dy, T* __restrict dx,
                                   int64_t begin, int64_t end) {
  for (int64_t i = begin; i < end; ++i) {
    const float value = to_float(x[i]);
    const Normal normal = fast_normal(value);
    store(dx + i, to_float(dy[i]) * (normal.cumulative + value * normal.density));
  }
}

template <typename T>
RPP_INLINE void dropout_loop(const DropoutRule& rule, const T* __restrict x, T* __restrict y, int64_t begin,
                             int64_t end) {
  constexpr int64_t kBlock = 128;  // stays in the L1 cache
  float values[kBlock];
  for (int64_t first = begin; first < end; first += kBlock) {
    const int64_t size = std::min(kBlock, end - first);
    for (int64_t i = 0; i < size; ++i) values[i] = to_float(x[first + i]);
    drop_values(values, rule, static_cast<uint64_t>(first), size);
    for (int64_t i = 0; i < size; ++i) store(y + first + i, values[i]);
  }
}

template <typename T>
RPP_INLINE void add_bias_loop(const float* __restrict bias, const Rows<T>& y, int64_t begin, int64_t end) {
  const int64_t columns = y.columns;
  for (int64_t row = begin; row < end; ++row) {
    T* __restrict values = y.values + row * y.stride;
    for (int64_t i = 0; i < columns; ++i) store(values + i, to_float(values[i]) + bias[i]);
  }
}

}  // namespace

RPP_CLONES void gelu_forward(const float* x, float* y, int64_t begin, int64_t end) {
  gelu_forward_loop(x, y, begin, end);
}
RPP_CLONES void gelu_forward(const uint16_t* x, uint16_t* y, int64_t begin, int64_t end) {
  gelu_forward_loop(x, y, begin, end);
}
RPP_CLONES void gelu_backward(const float* x, const float* dy, float* dx, int64_t begin, int64_t end) {
  gelu_backward_loop(x, dy, dx, begin, end);
}
RPP_CLONES void gelu_backward(const uint16_t* x, const uint16_t* dy, uint16_t* dx, int64_t begin,
                              int64_t end) {
  gelu_backward_loop(x, dy, dx, begin, end);
}
RPP_CLONES void dropout_apply(const DropoutRule& rule, const float* x, float* y, int64_t begin, int64_t end) {
  dropout_loop(rule, x, y, begin, end);
}
RPP_CLONES void dropout_apply(const DropoutRule& rule, const uint16_t* x, uint16_t* y, int64_t begin,
                              int64_t end) {
  dropout_loop(rule, x, y, begin, end);
}
RPP_CLONES void add_bias(const float* bias, const Rows<float>& y, int64_t begin, int64_t end) {
  add_bias_loop(bias, y, begin, end);
}
RPP_CLONES void add_bias(const float* bias, const Rows<uint16_t>& y, int64_t begin, int64_t end) {
  add_bias_loop(bias, y, begin, end);
}

}  // namespace rpp
