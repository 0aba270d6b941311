// The kernel of all elementwise ops.
#pragma once

#include "cuda_launch.h"
#include "ops/dropout_mask.h"

namespace rpp {

constexpr int kElementThreads = 256;

// op.at<kWidth>(i) processes the elements [i, i + kWidth). Those before `head` and after the last whole pack
// are processed one by one; without packs head is the size.
template <int kWidth, typename Op>
__global__ void __launch_bounds__(kElementThreads) element_kernel(Op op, int64_t size, int64_t head) {
  const int64_t packs = (size - head) / kWidth;
  const int64_t in_packs = packs * kWidth;
  for (int64_t i = first_item(); i < packs; i += item_stride()) op.template at<kWidth>(head + i * kWidth);
  for (int64_t i = first_item(); i < size - in_packs; i += item_stride()) {
    op.template at<1>(i < head ? i : i + in_packs);
  }
}

// `arrays` are read and written by `op` in packs (nullptr: unused); if their alignments differ, there are no
// packs.
template <int kWidth, typename Op, typename First, typename... Arrays>
cudaError_t for_each_element(const Op& op, int64_t size, void* stream, const First* first,
                             const Arrays*... arrays) {
  if (size == 0) return cudaSuccess;
  int64_t head = std::min(size, elements_to_boundary<kWidth>(first));
  const bool together =
      ((arrays == nullptr || elements_to_boundary<kWidth>(arrays) == elements_to_boundary<kWidth>(first)) &&
       ...);
  if (!together) head = size;
  const int64_t work = head == size ? size : divide_up(size, kWidth);
  return launch(element_kernel<kWidth, Op>, grid_stride(work, kElementThreads), stream, op, size, head);
}

template <int kWidth, typename T>
__device__ inline void load_floats(const T* at, float (&values)[kWidth]) {
  const auto pack = load_pack<kWidth>(at);
  for (int k = 0; k < kWidth; ++k) values[k] = to_float(pack.values[k]);
}

template <int kWidth, typename T>
__device__ inline void store_floats(T* at, const float (&values)[kWidth]) {
  Pack<T, kWidth> pack;
  for (int k = 0; k < kWidth; ++k) store(&pack.values[k], values[k]);
  store_pack(at, pack);
}

// values[k] *= dropout_factor(rule, first + k), one draw per two neighbours. The rule has its seed.
template <int kWidth>
__device__ inline void drop_pack(float (&values)[kWidth], const DropoutRule& rule, uint64_t first) {
  if constexpr (kWidth % 2 == 0) {
    if (first % 2 == 0) {
      for (int k = 0; k < kWidth; k += 2) {
        const uint64_t draw = dropout_draw(rule, (first + static_cast<uint64_t>(k)) / 2);
        values[k] *= dropout_factor_of(rule, static_cast<uint32_t>(draw));
        values[k + 1] *= dropout_factor_of(rule, static_cast<uint32_t>(draw >> 32));
      }
      return;
    }
  }
  for (int k = 0; k < kWidth; ++k) values[k] *= dropout_factor(rule, first + static_cast<uint64_t>(k));
}

}  // namespace rpp
