// The CUDA kernel: adamw_element over a grid-stride loop of packs of four neighbours. No Torch header, so
// that nvcc takes seconds.
#include "rpp/ops/adamw_kernel.h"

#include "cuda_launch.h"

namespace rpp {
namespace {

constexpr int kThreads = 256;
constexpr int kWidth = 4;  // 16 bytes of fp32

template <AdamWShrink kShrink>
constexpr bool kUsesAlpha = kShrink == AdamWShrink::prox || kShrink == AdamWShrink::preconditioned_prox;

template <AdamWShrink kShrink>
__device__ void update_one(const AdamWStep& step, const AdamWSpan& span, int64_t i) {
  const uint8_t kept = kShrink == AdamWShrink::mask ? span.keep[i] : uint8_t{1};
  const float weight = kUsesAlpha<kShrink> ? span.alpha[i] : 0.0F;
  const AdamWElement old = {span.values[i], span.exp_avg[i], span.exp_avg_sq[i]};
  const AdamWElement next = adamw_element<kShrink>(step, old, span.grads[i], kept, weight);
  span.values[i] = next.value;
  span.exp_avg[i] = next.exp_avg;
  span.exp_avg_sq[i] = next.exp_avg_sq;
  if (span.working != nullptr) span.working[i] = bf16_bits(next.value);
}

template <AdamWShrink kShrink>
__device__ void update_pack(const AdamWStep& step, const AdamWSpan& span, int64_t i) {
  auto values = load_pack<kWidth>(span.values + i);
  const auto grads = load_pack<kWidth>(span.grads + i);
  auto exp_avg = load_pack<kWidth>(span.exp_avg + i);
  auto exp_avg_sq = load_pack<kWidth>(span.exp_avg_sq + i);
  Pack<uint8_t, kWidth> keep = {};
  Pack<float, kWidth> alpha = {};
  Pack<uint16_t, kWidth> working;
  if (kShrink == AdamWShrink::mask) keep = load_pack<kWidth>(span.keep + i);
  if (kUsesAlpha<kShrink>) alpha = load_pack<kWidth>(span.alpha + i);
  for (int k = 0; k < kWidth; ++k) {
    const AdamWElement old = {values.values[k], exp_avg.values[k], exp_avg_sq.values[k]};
    const AdamWElement next =
        adamw_element<kShrink>(step, old, grads.values[k], keep.values[k], alpha.values[k]);
    values.values[k] = next.value;
    exp_avg.values[k] = next.exp_avg;
    exp_avg_sq.values[k] = next.exp_avg_sq;
    working.values[k] = bf16_bits(next.value);
  }
  store_pack(span.values + i, values);
  store_pack(span.exp_avg + i, exp_avg);
  store_pack(span.exp_avg_sq + i, exp_avg_sq);
  if (span.working != nullptr) store_pack(span.working + i, working);
}

// Elements [0, head) and those behind the last whole pack go one by one; without packs head is the size.
template <AdamWShrink kShrink>
__global__ void __launch_bounds__(kThreads) adamw_kernel(AdamWStep step, AdamWSpan span, int64_t head) {
  const int64_t packs = (span.size - head) / kWidth;
  const int64_t in_packs = packs * kWidth;
  for (int64_t i = first_item(); i < packs; i += item_stride()) {
    update_pack<kShrink>(step, span, head + i * kWidth);
  }
  for (int64_t i = first_item(); i < span.size - in_packs; i += item_stride()) {
    update_one<kShrink>(step, span, i < head ? i : i + in_packs);
  }
}

// The elements of `span` before its first pack; all of them where its arrays do not reach a boundary
// together.
int64_t head_of(const AdamWSpan& span) {
  const int64_t head = elements_to_boundary<kWidth>(span.values);
  const auto differs = [&](const auto* other) {
    return other != nullptr && elements_to_boundary<kWidth>(other) != head;
  };
  const bool is_split = differs(span.grads) || differs(span.exp_avg) || differs(span.exp_avg_sq) ||
                        differs(span.working) || differs(span.keep) || differs(span.alpha);
  return is_split ? span.size : std::min(head, span.size);
}

template <AdamWShrink kShrink>
cudaError_t launch_update(const AdamWStep& step, const AdamWSpan& span, void* stream) {
  const int64_t head = head_of(span);
  const int64_t work = head == span.size ? span.size : divide_up(span.size, kWidth);
  return launch(adamw_kernel<kShrink>, grid_stride(work, kThreads), stream, step, span, head);
}

}  // namespace

int adamw_cuda(const AdamWStep& step, const AdamWSpan& span, void* stream) {
  if (span.size == 0) return cudaSuccess;
  switch (step.shrink) {
    case AdamWShrink::none:
      return launch_update<AdamWShrink::none>(step, span, stream);
    case AdamWShrink::mask:
      return launch_update<AdamWShrink::mask>(step, span, stream);
    case AdamWShrink::prox:
      return launch_update<AdamWShrink::prox>(step, span, stream);
    case AdamWShrink::preconditioned_prox:
      return launch_update<AdamWShrink::preconditioned_prox>(step, span, stream);
  }
  return cudaErrorInvalidValue;
}

}  // namespace rpp
