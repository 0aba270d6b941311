#include "elementwise_kernel.h"

#include "cuda_elements.h"
#include "ops/vector_math.h"

namespace rpp {
namespace {

// Accurate to a few ulps of fp32; IEEE division and expf would make the kernel bound by arithmetic instead of
// memory.
__device__ inline Normal normal_at(float x) {
  return normal_of(x, __expf(-0.5F * x * x), __fdividef(1.0F, normal_divisor(x)));
}

template <typename T>
struct GeluForward {
  const T* x;
  T* y;

  template <int kWidth>
  __device__ void at(int64_t i) const {
    float values[kWidth];
    load_floats(x + i, values);
    for (int k = 0; k < kWidth; ++k) values[k] *= normal_at(values[k]).cumulative;
    store_floats(y + i, values);
  }
};

template <typename T>
struct GeluBackward {
  const T* x;
  const T* dy;
  T* dx;

  template <int kWidth>
  __device__ void at(int64_t i) const {
    float values[kWidth], grads[kWidth];
    load_floats(x + i, values);
    load_floats(dy + i, grads);
    for (int k = 0; k < kWidth; ++k) {
      const Normal normal = normal_at(values[k]);
      grads[k] *= normal.cumulative + values[k] * normal.density;
    }
    store_floats(dx + i, grads);
  }
};

template <typename T>
struct DropoutApply {
  DropoutRule rule;
  const T* x;
  T* y;

  template <int kWidth>
  __device__ void at(int64_t i) const {
    float values[kWidth];
    load_floats(x + i, values);
    drop_pack(values, with_seed_of_memory(rule), static_cast<uint64_t>(i));
    store_floats(y + i, values);
  }
};

template <typename T>
int apply_gelu(const T* x, T* y, int64_t size, void* stream) {
  return for_each_element<kPackWidth<T>>(GeluForward<T>{x, y}, size, stream, x, y);
}

template <typename T>
int apply_gelu_backward(const T* x, const T* dy, T* dx, int64_t size, void* stream) {
  return for_each_element<kPackWidth<T>>(GeluBackward<T>{x, dy, dx}, size, stream, x, dy, dx);
}

template <typename T>
int apply_dropout(const DropoutRule& rule, const T* x, T* y, int64_t size, void* stream) {
  return for_each_element<kPackWidth<T>>(DropoutApply<T>{rule, x, y}, size, stream, x, y);
}

}  // namespace

int gelu_forward_cuda(const float* x, float* y, int64_t size, void* stream) {
  return apply_gelu(x, y, size, stream);
}
int gelu_forward_cuda(const uint16_t* x, uint16_t* y, int64_t size, void* stream) {
  return apply_gelu(x, y, size, stream);
}
int gelu_backward_cuda(const float* x, const float* dy, float* dx, int64_t size, void* stream) {
  return apply_gelu_backward(x, dy, dx, size, stream);
}
int gelu_backward_cuda(const uint16_t* x, const uint16_t* dy, uint16_t* dx, int64_t size, void* stream) {
  return apply_gelu_backward(x, dy, dx, size, stream);
}
int dropout_apply_cuda(const DropoutRule& rule, const float* x, float* y, int64_t size, void* stream) {
  return apply_dropout(rule, x, y, size, stream);
}
int dropout_apply_cuda(const DropoutRule& rule, const uint16_t* x, uint16_t* y, int64_t size, void* stream) {
  return apply_dropout(rule, x, y, size, stream);
}

}  // namespace rpp
