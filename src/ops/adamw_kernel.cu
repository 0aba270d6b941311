// The CUDA kernel: adamw_element, four neighbours at a time. No Torch header, so that nvcc compiles it in
// seconds.
#include "ops/adamw_kernel.h"

#include "cuda_elements.h"

namespace rpp {
namespace {

constexpr int kWidth = 4;  // 16 bytes of fp32

template <AdamWShrink kShrink>
struct AdamWUpdate {
  AdamWStep step;
  AdamWSpan span;

  template <int kPack>
  __device__ void at(int64_t i) const {
    constexpr bool kUsesAlpha = kShrink == AdamWShrink::prox || kShrink == AdamWShrink::preconditioned_prox;
    auto values = load_pack<kPack>(span.values + i);
    const auto grads = load_pack<kPack>(span.grads + i);
    auto exp_avg = load_pack<kPack>(span.exp_avg + i);
    auto exp_avg_sq = load_pack<kPack>(span.exp_avg_sq + i);
    Pack<uint8_t, kPack> keep;
    for (int k = 0; k < kPack; ++k) keep.values[k] = 1;
    Pack<float, kPack> alpha = {};
    Pack<uint16_t, kPack> working = {};
    if (kShrink != AdamWShrink::none && span.keep != nullptr) keep = load_pack<kPack>(span.keep + i);
    if (kUsesAlpha) alpha = load_pack<kPack>(span.alpha + i);
    for (int k = 0; k < kPack; ++k) {
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
};

template <AdamWShrink kShrink>
cudaError_t update(const AdamWStep& step, const AdamWSpan& span, void* stream) {
  return for_each_element<kWidth>(AdamWUpdate<kShrink>{step, span}, span.size, stream, span.values,
                                  span.grads, span.exp_avg, span.exp_avg_sq, span.working, span.keep,
                                  span.alpha);
}

template <AdamWShrink kShrink, int kBlock>
struct AdamWBlockUpdate {
  AdamWStep step;
  AdamWSpan span;

  template <int kPack>
  __device__ void at(int64_t block) const {
    const int64_t first = block * kBlock;
    float values[kBlock], preconditioners[kBlock];
    for (int k = 0; k < kBlock; ++k) {
      const int64_t i = first + k;
      const auto move =
          adamw_move(step, {span.values[i], span.exp_avg[i], span.exp_avg_sq[i]}, span.grads[i]);
      const auto next = kept_element(move.next, span.keep == nullptr || span.keep[i] != 0);
      values[k] = next.value;
      span.exp_avg[i] = next.exp_avg;
      span.exp_avg_sq[i] = next.exp_avg_sq;
      preconditioners[k] = move.preconditioner;
    }
    const float factor = block_factor<kShrink, kBlock>(step, values, preconditioners, span.alpha[first]);
    for (int k = 0; k < kBlock; ++k) {
      span.values[first + k] = scaled_value(values[k], factor);
      if (span.working != nullptr) span.working[first + k] = bf16_bits(span.values[first + k]);
    }
  }
};

// A thread for each block.
template <int kBlock>
cudaError_t update_blocks(const AdamWStep& step, const AdamWSpan& span, void* stream) {
  const int64_t blocks = span.size / kBlock;
  if (step.shrink == AdamWShrink::prox) {
    return for_each_element<1>(AdamWBlockUpdate<AdamWShrink::prox, kBlock>{step, span}, blocks, stream,
                               span.values);
  }
  return for_each_element<1>(AdamWBlockUpdate<AdamWShrink::preconditioned_prox, kBlock>{step, span}, blocks,
                             stream, span.values);
}

}  // namespace

int adamw_cuda(const AdamWStep& step, const AdamWSpan& span, void* stream) {
  if (shrinks_blocks(step)) {
    if (step.block == 4) return update_blocks<4>(step, span, stream);
    if (step.block == 8) return update_blocks<8>(step, span, stream);
    return update_blocks<16>(step, span, stream);
  }
  switch (step.shrink) {
    case AdamWShrink::none:
      return update<AdamWShrink::none>(step, span, stream);
    case AdamWShrink::mask:
      return update<AdamWShrink::mask>(step, span, stream);
    case AdamWShrink::prox:
      return update<AdamWShrink::prox>(step, span, stream);
    case AdamWShrink::preconditioned_prox:
      return update<AdamWShrink::preconditioned_prox>(step, span, stream);
  }
  return cudaErrorInvalidValue;
}

}  // namespace rpp
