// The CPU loop, in blocks of plain loops that the compiler vectorises, built once per instruction set.
// Products and sums are not contracted, so that every instruction set, vector tail and shrink rule gives the
// same bits.
#pragma GCC optimize("fp-contract=off")

#include "rpp/ops/adamw_kernel.h"

#include <cstring>

#include "simd.h"

namespace rpp {
namespace {

constexpr int64_t kBlockSize = 512;  // its buffers lie in the first-level cache

// Elements after AdamW that are still to be shrunk and stored.
struct Block {
  float values[kBlockSize];
  float exp_avg[kBlockSize];
  float exp_avg_sq[kBlockSize];
  float denominators[kBlockSize];
};

// The bits of the value, or of +0.0f.
RPP_INLINE float kept_value(float value, bool keep) {
  uint32_t bits;
  std::memcpy(&bits, &value, sizeof bits);
  bits &= 0U - static_cast<uint32_t>(keep);
  std::memcpy(&value, &bits, sizeof value);
  return value;
}

// span and size are those of the block, here and below. Each loop does one thing: a single loop over all of
// it, with a choice inside, stays scalar.
RPP_INLINE void move_block(const AdamWStep& step, const AdamWSpan& span, int64_t size, Block& block) {
  for (int64_t i = 0; i < size; ++i) {
    const AdamWMove move =
        adamw_move(step, {span.values[i], span.exp_avg[i], span.exp_avg_sq[i]}, span.grads[i]);
    block.values[i] = move.next.value;
    block.exp_avg[i] = move.next.exp_avg;
    block.exp_avg_sq[i] = move.next.exp_avg_sq;
    block.denominators[i] = move.denominator;
  }
}

template <AdamWShrink kShrink>
RPP_INLINE void shrink_block(const AdamWStep& step, const AdamWSpan& span, int64_t size, Block& block) {
  if (kShrink == AdamWShrink::mask) {
    for (int64_t i = 0; i < size; ++i) {
      const bool keep = span.keep[i] != 0;
      block.values[i] = kept_value(block.values[i], keep);
      block.exp_avg[i] = kept_value(block.exp_avg[i], keep);
      block.exp_avg_sq[i] = kept_value(block.exp_avg_sq[i], keep);
    }
  }
  if (kShrink == AdamWShrink::prox) {
    for (int64_t i = 0; i < size; ++i) {
      block.values[i] = soft_threshold(block.values[i], step.threshold * span.alpha[i]);
    }
  }
  if (kShrink == AdamWShrink::preconditioned_prox) {
    for (int64_t i = 0; i < size; ++i) {
      block.values[i] =
          soft_threshold(block.values[i], step.threshold * span.alpha[i] / block.denominators[i]);
    }
  }
}

RPP_INLINE void store_block(const Block& block, const AdamWSpan& span, int64_t size) {
  for (int64_t i = 0; i < size; ++i) {
    span.values[i] = block.values[i];
    span.exp_avg[i] = block.exp_avg[i];
    span.exp_avg_sq[i] = block.exp_avg_sq[i];
  }
  if (span.working == nullptr) return;
  for (int64_t i = 0; i < size; ++i) span.working[i] = bf16_bits(block.values[i]);
}

template <AdamWShrink kShrink>
RPP_INLINE void adamw_loop(const AdamWStep& given, AdamWSpan rest) {
  const AdamWStep step = given;  // a local copy cannot alias the arrays
  Block block;
  while (rest.size > 0) {
    const int64_t size = rest.size < kBlockSize ? rest.size : kBlockSize;
    move_block(step, rest, size, block);
    shrink_block<kShrink>(step, rest, size, block);
    store_block(block, rest, size);
    rest = sub_span(rest, size, rest.size - size);
  }
}

}  // namespace

RPP_CLONES void adamw_cpu(const AdamWStep& step, const AdamWSpan& span) {
  switch (step.shrink) {
    case AdamWShrink::none:
      return adamw_loop<AdamWShrink::none>(step, span);
    case AdamWShrink::mask:
      return adamw_loop<AdamWShrink::mask>(step, span);
    case AdamWShrink::prox:
      return adamw_loop<AdamWShrink::prox>(step, span);
    case AdamWShrink::preconditioned_prox:
      return adamw_loop<AdamWShrink::preconditioned_prox>(step, span);
  }
}

}  // namespace rpp
