// The AdamW update with shrinking, element by element: one function for the CPU loop and the CUDA kernel.
//
// One pass reads weight, gradient and both moments once and writes weight, moments and the bf16 copy: 28 to
// 30 bytes per element. Plain pointers, so that nvcc compiles it without Torch.
// Update after Loshchilov & Hutter (arXiv:1711.05101), algorithm 2; threshold after arXiv:1909.12486.
#pragma once

#include <cmath>
#include <cstdint>
#include <cstring>

#include "core/small_floats.h"

namespace rpp {

enum class AdamWShrink { none, mask, prox, preconditioned_prox };

// The values shared by all elements of a step.
struct AdamWStep {
  float learning_rate = 0.0F;
  float beta1 = 0.9F;
  float beta2 = 0.999F;
  float epsilon = 1e-6F;
  float one_minus_beta1 = 0.1F;
  float one_minus_beta2 = 0.001F;
  float decay = 0.0F;  // learning rate * weight decay
  float grad_scale = 1.0F;
  float correction1 = 1.0F;  // 1 / (1 - beta1^t)
  float correction2 = 1.0F;  // 1 / sqrt(1 - beta2^t)
  float threshold = 0.0F;    // learning rate * gamma
  AdamWShrink shrink = AdamWShrink::none;
  int64_t block = 1;  // neighbours that the proximal rules shrink together: 1, 4, 8 or 16
};

// `size` elements per pointer.
struct AdamWSpan {
  float* values = nullptr;
  const float* grads = nullptr;
  float* exp_avg = nullptr;
  float* exp_avg_sq = nullptr;
  uint16_t* working = nullptr;    // bf16 bits; nullptr: no working copy
  const uint8_t* keep = nullptr;  // all rules but none: where 0, all three become +0.0f; nullptr: all 1
  const float* alpha = nullptr;   // for the two proximal rules
  int64_t size = 0;
};

// `size` elements starting at `offset`.
inline AdamWSpan sub_span(AdamWSpan span, int64_t offset, int64_t size) {
  span.values += offset;
  span.grads += offset;
  span.exp_avg += offset;
  span.exp_avg_sq += offset;
  if (span.working != nullptr) span.working += offset;
  if (span.keep != nullptr) span.keep += offset;
  if (span.alpha != nullptr) span.alpha += offset;
  span.size = size;
  return span;
}

struct AdamWElement {
  float value;
  float exp_avg;
  float exp_avg_sq;
};

// The value where `keep`, else +0.0f. Without a branch, which would prevent vectorisation.
RPP_ELEMENT float kept_value(float value, bool keep) {
  uint32_t bits;
  memcpy(&bits, &value, sizeof bits);
  bits &= 0U - static_cast<uint32_t>(keep);
  memcpy(&value, &bits, sizeof value);
  return value;
}

// sign(value) * max(|value| - threshold, 0), with +0.0f for zero; NaN stays NaN.
RPP_ELEMENT float soft_threshold(float value, float threshold) {
  return kept_value(value - copysignf(threshold, value), !(fabsf(value) <= threshold));
}

// An element after AdamW and before shrinking, and the preconditioner 1 / (sqrt(v) + eps). One division
// serves the step and the preconditioned threshold.
struct AdamWMove {
  AdamWElement next;
  float preconditioner;
};

RPP_ELEMENT AdamWMove adamw_move(const AdamWStep& step, AdamWElement old, float grad) {
  const float g = grad * step.grad_scale;
  AdamWElement next;
  next.exp_avg = step.beta1 * old.exp_avg + step.one_minus_beta1 * g;
  next.exp_avg_sq = step.beta2 * old.exp_avg_sq + step.one_minus_beta2 * g * g;
  const float preconditioner = 1.0F / (sqrtf(next.exp_avg_sq) * step.correction2 + step.epsilon);
  const float decayed = old.value - step.decay * old.value;
  next.value = decayed - step.learning_rate * (next.exp_avg * step.correction1) * preconditioner;
  return {next, preconditioner};
}

// The element where it is kept, else zeros.
RPP_ELEMENT AdamWElement kept_element(AdamWElement element, bool keep) {
  return {kept_value(element.value, keep), kept_value(element.exp_avg, keep),
          kept_value(element.exp_avg_sq, keep)};
}

// keep and alpha are read only by the rules that use them.
template <AdamWShrink kShrink>
RPP_ELEMENT AdamWElement adamw_element(const AdamWStep& step, AdamWElement old, float grad, uint8_t keep,
                                       float alpha) {
  const AdamWMove move = adamw_move(step, old, grad);
  AdamWElement next = move.next;
  if (kShrink == AdamWShrink::prox) next.value = soft_threshold(next.value, step.threshold * alpha);
  if (kShrink == AdamWShrink::preconditioned_prox) {
    next.value = soft_threshold(next.value, step.threshold * alpha * move.preconditioner);
  }
  if (kShrink == AdamWShrink::none) return next;
  return kept_element(next, keep != 0);
}

// What shrinking multiplies a block of weights by, for the two proximal rules: the proximal operator of
// threshold * sqrt(kBlock) * ||w||_2 (Yuan & Lin 2006) is w * max(0, 1 - threshold / rms(w)), where rms is
// the root of the mean square, so that a block of 1 is the soft threshold. The preconditioner is the mean
// over the block.
template <AdamWShrink kShrink, int kBlock>
RPP_ELEMENT float block_factor(const AdamWStep& step, const float* values, const float* preconditioners,
                               float alpha) {
  float squares = 0.0F, sum = 0.0F;
  for (int k = 0; k < kBlock; ++k) {
    squares += values[k] * values[k];
    sum += preconditioners[k];
  }
  const float rms = sqrtf(squares / kBlock);
  float threshold = step.threshold * alpha;
  if (kShrink == AdamWShrink::preconditioned_prox) threshold *= sum / kBlock;
  return kept_value(1.0F - threshold / rms, !(rms <= threshold));  // NaN where the block has a NaN
}

// 0 becomes +0.0f, not the -0.0f of a negative weight.
RPP_ELEMENT float scaled_value(float value, float factor) {
  return kept_value(value * factor, factor != 0.0F);
}

// Whether a step shrinks whole blocks; if so, spans consist of whole ones.
inline bool shrinks_blocks(const AdamWStep& step) {
  return step.block > 1 &&
         (step.shrink == AdamWShrink::prox || step.shrink == AdamWShrink::preconditioned_prox);
}

// Runs on the calling thread; the caller splits the parameters into spans.
void adamw_cpu(const AdamWStep& step, const AdamWSpan& span);

// Queues one kernel on `stream` (a cudaStream_t) for device pointers. Returns the cudaError_t of the launch.
int adamw_cuda(const AdamWStep& step, const AdamWSpan& span, void* stream);

}  // namespace rpp
