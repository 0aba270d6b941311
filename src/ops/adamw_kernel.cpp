// The CPU loop: a plain loop that the compiler vectorises, built once per instruction set. Products and sums
// are not contracted, so that every instruction set, vector tail and shrink rule gives the same bits.
#pragma GCC optimize("fp-contract=off")

#include "rpp/ops/adamw_kernel.h"

#include "simd.h"

namespace rpp {
namespace {

template <AdamWShrink kShrink, bool kWorking>
RPP_INLINE void adamw_loop(const AdamWStep& given, const AdamWSpan& span) {
  const AdamWStep step = given;  // a local copy cannot alias the arrays
  float* __restrict values = span.values;
  const float* __restrict grads = span.grads;
  float* __restrict exp_avg = span.exp_avg;
  float* __restrict exp_avg_sq = span.exp_avg_sq;
  uint16_t* __restrict working = span.working;
  const uint8_t* __restrict keep = span.keep;
  const float* __restrict alpha = span.alpha;
  constexpr bool kUsesAlpha = kShrink == AdamWShrink::prox || kShrink == AdamWShrink::preconditioned_prox;
  for (int64_t i = 0; i < span.size; ++i) {
    const uint8_t kept = kShrink == AdamWShrink::mask ? keep[i] : uint8_t{1};
    const float weight = kUsesAlpha ? alpha[i] : 0.0F;
    const AdamWElement old = {values[i], exp_avg[i], exp_avg_sq[i]};
    const AdamWElement next = adamw_element<kShrink>(step, old, grads[i], kept, weight);
    values[i] = next.value;
    exp_avg[i] = next.exp_avg;
    exp_avg_sq[i] = next.exp_avg_sq;
    if (kWorking) working[i] = bf16_bits(next.value);
  }
}

template <AdamWShrink kShrink>
RPP_INLINE void adamw_loops(const AdamWStep& step, const AdamWSpan& span) {
  if (span.working != nullptr) {
    adamw_loop<kShrink, true>(step, span);
  } else {
    adamw_loop<kShrink, false>(step, span);
  }
}

}  // namespace

RPP_CLONES void adamw_cpu(const AdamWStep& step, const AdamWSpan& span) {
  switch (step.shrink) {
    case AdamWShrink::none:
      return adamw_loops<AdamWShrink::none>(step, span);
    case AdamWShrink::mask:
      return adamw_loops<AdamWShrink::mask>(step, span);
    case AdamWShrink::prox:
      return adamw_loops<AdamWShrink::prox>(step, span);
    case AdamWShrink::preconditioned_prox:
      return adamw_loops<AdamWShrink::preconditioned_prox>(step, span);
  }
}

}  // namespace rpp
