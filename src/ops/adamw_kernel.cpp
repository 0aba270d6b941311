// The CPU loop over adamw_element, which the compiler vectorises for each instruction set.
// Multiply-adds are not contracted (-ffp-contract=off in cmake/RppModule.cmake), so that every instruction
// set, vector tail and shrink rule gives the same bits.

#include "ops/adamw_kernel.h"

#include <algorithm>

#include "simd.h"

namespace rpp {
namespace {

// kHolds: whether span.keep is used. kCopies: whether there is a working copy.
template <AdamWShrink kShrink, bool kHolds, bool kCopies>
RPP_INLINE void adamw_loop(const AdamWStep& given, const AdamWSpan& given_span) {
  constexpr bool kThresholds = kShrink == AdamWShrink::prox || kShrink == AdamWShrink::preconditioned_prox;
  const AdamWStep step = given;  // local copies cannot alias the arrays
  const AdamWSpan span = given_span;
  RPP_NO_OVERLAP
  for (int64_t i = 0; i < span.size; ++i) {
    const auto next =
        adamw_element<kShrink>(step, {span.values[i], span.exp_avg[i], span.exp_avg_sq[i]}, span.grads[i],
                               kHolds ? span.keep[i] : uint8_t{1}, kThresholds ? span.alpha[i] : 0.0F);
    span.values[i] = next.value;
    span.exp_avg[i] = next.exp_avg;
    span.exp_avg_sq[i] = next.exp_avg_sq;
    if (kCopies) span.working[i] = bf16_bits(next.value);
  }
}

template <AdamWShrink kShrink, bool kHolds>
RPP_INLINE void adamw_loop(const AdamWStep& step, const AdamWSpan& span) {
  if (span.working != nullptr) return adamw_loop<kShrink, kHolds, true>(step, span);
  adamw_loop<kShrink, kHolds, false>(step, span);
}

template <AdamWShrink kShrink>
RPP_INLINE void adamw_loops(const AdamWStep& step, const AdamWSpan& span) {
  if (span.keep != nullptr) return adamw_loop<kShrink, true>(step, span);
  adamw_loop<kShrink, false>(step, span);
}

constexpr int64_t kChunk = 1024;  // its arrays stay in the L1 cache between the loops

// AdamW for a chunk, then its shrinking by blocks of kBlock.
template <AdamWShrink kShrink, int kBlock, bool kHolds>
RPP_INLINE void block_chunk(const AdamWStep& given, const AdamWSpan& given_span) {
  const AdamWStep step = given;
  const AdamWSpan span = given_span;
  float preconditioners[kChunk], factors[kChunk / kBlock];
  RPP_NO_OVERLAP
  for (int64_t i = 0; i < span.size; ++i) {
    const auto move = adamw_move(step, {span.values[i], span.exp_avg[i], span.exp_avg_sq[i]}, span.grads[i]);
    const auto next = kept_element(move.next, !kHolds || span.keep[i] != 0);
    span.values[i] = next.value;
    span.exp_avg[i] = next.exp_avg;
    span.exp_avg_sq[i] = next.exp_avg_sq;
    preconditioners[i] = move.preconditioner;
  }
  for (int64_t b = 0; b < span.size / kBlock; ++b) {
    const int64_t i = b * kBlock;
    factors[b] = block_factor<kShrink, kBlock>(step, span.values + i, preconditioners + i, span.alpha[i]);
  }
  for (int64_t b = 0; b < span.size / kBlock; ++b) {
    for (int64_t i = b * kBlock; i < (b + 1) * kBlock; ++i)
      span.values[i] = scaled_value(span.values[i], factors[b]);
  }
  if (span.working == nullptr) return;
  RPP_NO_OVERLAP
  for (int64_t i = 0; i < span.size; ++i) span.working[i] = bf16_bits(span.values[i]);
}

template <AdamWShrink kShrink, int kBlock>
RPP_INLINE void block_loop(const AdamWStep& step, const AdamWSpan& span) {
  for (int64_t begin = 0; begin < span.size; begin += kChunk) {
    const auto chunk = sub_span(span, begin, std::min(kChunk, span.size - begin));
    if (span.keep != nullptr) {
      block_chunk<kShrink, kBlock, true>(step, chunk);
    } else {
      block_chunk<kShrink, kBlock, false>(step, chunk);
    }
  }
}

template <int kBlock>
RPP_INLINE void block_loops(const AdamWStep& step, const AdamWSpan& span) {
  if (step.shrink == AdamWShrink::prox) return block_loop<AdamWShrink::prox, kBlock>(step, span);
  block_loop<AdamWShrink::preconditioned_prox, kBlock>(step, span);
}

}  // namespace

RPP_CLONES void adamw_cpu(const AdamWStep& step, const AdamWSpan& span) {
  if (shrinks_blocks(step)) {
    if (step.block == 4) return block_loops<4>(step, span);
    if (step.block == 8) return block_loops<8>(step, span);
    return block_loops<16>(step, span);
  }
  switch (step.shrink) {
    case AdamWShrink::none:
      return adamw_loop<AdamWShrink::none, false>(step, span);
    case AdamWShrink::mask:
      return adamw_loops<AdamWShrink::mask>(step, span);
    case AdamWShrink::prox:
      return adamw_loops<AdamWShrink::prox>(step, span);
    case AdamWShrink::preconditioned_prox:
      return adamw_loops<AdamWShrink::preconditioned_prox>(step, span);
  }
}

}  // namespace rpp
