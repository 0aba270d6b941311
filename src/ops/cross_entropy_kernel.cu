// A block processes a row and reads it once in the forward pass: maximum and sum of exponentials are computed
// together (Milakov & Gimelshein, arXiv:1805.02867).
#include "cross_entropy_kernel.h"

#include <cassert>
#include <cfloat>
#include <climits>

#include "core/ignored_label.h"
#include "cuda_launch.h"

namespace rpp {
namespace {

constexpr int kThreads = 256;
constexpr int kWarps = kThreads / kWarpSize;

// Partial result over some logits of a row.
struct Softmax {
  float largest = -FLT_MAX;
  float sum = 0.0F;     // of e^(logit - largest)
  int first = INT_MAX;  // index of the largest logit, the first of equals

  __device__ void add(float logit, int index) {
    if (logit > largest) {
      sum = sum * __expf(largest - logit) + 1.0F;
      largest = logit;
      first = index;
    } else {
      sum += __expf(logit - largest);
      if (logit == largest && index < first) first = index;
    }
  }

  __device__ void merge(const Softmax& other) {
    const float both = fmaxf(largest, other.largest);
    sum = sum * __expf(largest - both) + other.sum * __expf(other.largest - both);
    const int mine = largest == both ? first : INT_MAX;
    const int others = other.largest == both ? other.first : INT_MAX;
    first = mine < others ? mine : others;
    largest = both;
  }
};

__device__ inline Softmax merge_warp(Softmax softmax) {
  for (int step = kWarpSize / 2; step > 0; step /= 2) {
    Softmax other;
    other.largest = __shfl_xor_sync(kAllLanes, softmax.largest, step);
    other.sum = __shfl_xor_sync(kAllLanes, softmax.sum, step);
    other.first = __shfl_xor_sync(kAllLanes, softmax.first, step);
    softmax.merge(other);
  }
  return softmax;
}

// Over the whole block, in thread 0.
__device__ inline Softmax merge_block(const Softmax& of_thread) {
  auto* of_warps = static_cast<Softmax*>(dynamic_shared_memory());  // [kWarps]
  const Softmax of_warp = merge_warp(of_thread);
  if (threadIdx.x % kWarpSize == 0) of_warps[threadIdx.x / kWarpSize] = of_warp;
  __syncthreads();
  Softmax all = of_warp;
  if (threadIdx.x != 0) return all;
  for (int w = 1; w < kWarps; ++w) all.merge(of_warps[w]);
  return all;
}

// Calls body.at<kWidth>(i) for the elements [i, i + kWidth) of a row: rows may be unaligned, so single
// elements come before and after the packs. `head` is where the packs start; `classes` if there are none.
template <int kWidth, typename Body>
__device__ inline void for_each_class(int classes, int head, Body& body) {
  const int packs = (classes - head) / kWidth;
  const int thread = threadIdx.x;
  for (int i = thread; i < packs; i += kThreads) body.template at<kWidth>(head + i * kWidth);
  for (int i = thread; i < classes - packs * kWidth; i += kThreads) {
    body.template at<1>(i < head ? i : i + packs * kWidth);
  }
}

template <typename T>
struct ReadRow {
  const T* logits;
  Softmax softmax;

  template <int kWidth>
  __device__ void at(int i) {
    const auto pack = load_pack<kWidth>(logits + i);
    for (int k = 0; k < kWidth; ++k) softmax.add(to_float(pack.values[k]), i + k);
  }
};

template <typename T>
__global__ void __launch_bounds__(kThreads) cross_entropy_forward_kernel(CrossEntropyForward<T> op) {
  constexpr int kWidth = kPackWidth<T>;
  const int classes = static_cast<int>(op.classes);
  const int64_t row = blockIdx.x;
  const int64_t label = op.labels[row];
  if (label == kIgnoredLabel) {
    if (threadIdx.x != 0) return;
    op.is_correct[row] = 0;
    op.log_sum_exp[row] = op.loss[row] = 0.0F;
    return;
  }
  ReadRow<T> body = {op.logits + row * op.stride, {}};
  const int head = static_cast<int>(elements_to_boundary<kWidth>(body.logits));
  for_each_class<kWidth>(classes, head < classes ? head : classes, body);
  const Softmax softmax = merge_block(body.softmax);
  if (threadIdx.x != 0) return;
  assert(label >= 0 && label < classes);
  op.log_sum_exp[row] = softmax.largest + logf(softmax.sum);
  op.loss[row] = op.log_sum_exp[row] - to_float(body.logits[label]);
  op.is_correct[row] = softmax.first == label ? 1 : 0;
}

template <typename T>
struct WriteRow {
  const T* logits;
  T* dlogits;
  float log_sum_exp;
  float scale;
  int64_t label;

  template <int kWidth>
  __device__ void at(int i) {
    auto pack = load_pack<kWidth>(logits + i);
    for (int k = 0; k < kWidth; ++k) {
      const float probability = __expf(to_float(pack.values[k]) - log_sum_exp);
      const float grad = i + k == label ? probability - 1.0F : probability;
      store(&pack.values[k], label == kIgnoredLabel ? 0.0F : scale * grad);
    }
    store_pack(dlogits + i, pack);
  }
};

template <typename T>
__global__ void __launch_bounds__(kThreads) cross_entropy_backward_kernel(CrossEntropyBackward<T> op) {
  constexpr int kWidth = kPackWidth<T>;
  const int classes = static_cast<int>(op.classes);
  const int64_t row = blockIdx.x;
  WriteRow<T> body = {op.logits + row * op.stride, op.dlogits + row * op.stride, op.log_sum_exp[row],
                      *op.scale, op.labels[row]};
  const int head = static_cast<int>(elements_to_boundary<kWidth>(body.logits));
  const bool together = head == elements_to_boundary<kWidth>(body.dlogits);
  for_each_class<kWidth>(classes, together && head < classes ? head : classes, body);
}

template <typename Op>
cudaError_t launch_rows(void (*kernel)(Op), const Op& op, int64_t rows, void* stream) {
  if (rows == 0) return cudaSuccess;
  return launch(kernel, {.blocks = {rows}, .threads = kThreads, .shared_bytes = kWarps * sizeof(Softmax)},
                stream, op);
}

}  // namespace

int cross_entropy_forward_cuda(const CrossEntropyForward<float>& op, int64_t rows, void* stream) {
  return launch_rows(cross_entropy_forward_kernel<float>, op, rows, stream);
}
int cross_entropy_forward_cuda(const CrossEntropyForward<uint16_t>& op, int64_t rows, void* stream) {
  return launch_rows(cross_entropy_forward_kernel<uint16_t>, op, rows, stream);
}
int cross_entropy_backward_cuda(const CrossEntropyBackward<float>& op, int64_t rows, void* stream) {
  return launch_rows(cross_entropy_backward_kernel<float>, op, rows, stream);
}
int cross_entropy_backward_cuda(const CrossEntropyBackward<uint16_t>& op, int64_t rows, void* stream) {
  return launch_rows(cross_entropy_backward_kernel<uint16_t>, op, rows, stream);
}

}  // namespace rpp
