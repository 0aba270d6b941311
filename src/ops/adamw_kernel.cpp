// The CPU loop: 16 elements in registers at a time, built once per instruction set.
// Multiply-adds are not contracted (-ffp-contract=off in cmake/RppModule.cmake), so that every instruction
// set, vector tail and shrink rule gives the same bits.

#include "ops/adamw_kernel.h"

#include "simd.h"

namespace rpp {
namespace {

typedef uint32_t Bits __attribute__((vector_size(kLanes * sizeof(uint32_t))));
typedef uint16_t Halves __attribute__((vector_size(kLanes * sizeof(uint16_t))));
typedef uint8_t Bytes __attribute__((vector_size(kLanes)));

template <typename Vector, typename T>
RPP_INLINE Vector load_as(const T* at) {
  Vector value;
  std::memcpy(&value, at, sizeof value);
  return value;
}

template <typename Vector, typename T>
RPP_INLINE void store_as(T* at, const Vector& value) {
  std::memcpy(at, &value, sizeof value);
}

RPP_INLINE Vec square_root(const Vec& x) {
  float lanes[kLanes];
  store_vec(lanes, x);
  for (int64_t l = 0; l < kLanes; ++l) lanes[l] = __builtin_sqrtf(lanes[l]);
  return load_vec(lanes);
}

// The value where all bits of `keep` are set, +0.0f elsewhere.
RPP_INLINE Vec kept_values(const Vec& values, const Bits& keep) {
  return (Vec)((Bits)values & keep);
}

RPP_INLINE Vec soft_threshold(const Vec& values, const Vec& thresholds) {
  constexpr uint32_t kSign = 0x80000000U;
  const Vec sizes = (Vec)((Bits)values & ~kSign);
  const Vec moved = values - (Vec)((Bits)thresholds | ((Bits)values & kSign));  // thresholds are not negative
  return sizes <= thresholds ? Vec{} : moved;
}

// As bf16_bits of small_floats.h.
RPP_INLINE Halves bf16_bits_of(const Vec& values) {
  const Bits bits = (Bits)values;
  const Bits rounded = (bits + 0x7FFFU + ((bits >> 16) & 1U)) >> 16;
  const Bits not_a_number = (Bits)(values != values);
  return __builtin_convertvector((rounded & ~not_a_number) | (0x7FC0U & not_a_number), Halves);
}

// Elements [i, i + kLanes), as adamw_element.
template <AdamWShrink kShrink, bool kHolds>
RPP_INLINE void adamw_vector(const AdamWStep& step, const AdamWSpan& span, int64_t i) {
  const Vec g = load_vec(span.grads + i) * step.grad_scale;
  const Vec old_value = load_vec(span.values + i);
  Vec exp_avg = step.beta1 * load_vec(span.exp_avg + i) + step.one_minus_beta1 * g;
  Vec exp_avg_sq = step.beta2 * load_vec(span.exp_avg_sq + i) + step.one_minus_beta2 * g * g;
  const Vec preconditioner = 1.0F / (square_root(exp_avg_sq) * step.correction2 + step.epsilon);
  const Vec decayed = old_value - step.decay * old_value;
  Vec value = decayed - step.learning_rate * (exp_avg * step.correction1) * preconditioner;
  if (kShrink == AdamWShrink::prox) {
    value = soft_threshold(value, step.threshold * load_vec(span.alpha + i));
  }
  if (kShrink == AdamWShrink::preconditioned_prox) {
    value = soft_threshold(value, step.threshold * load_vec(span.alpha + i) * preconditioner);
  }
  if (kHolds) {
    const Bits keep = (Bits)(__builtin_convertvector(load_as<Bytes>(span.keep + i), Bits) != 0U);
    value = kept_values(value, keep);
    exp_avg = kept_values(exp_avg, keep);
    exp_avg_sq = kept_values(exp_avg_sq, keep);
  }
  store_vec(span.values + i, value);
  store_vec(span.exp_avg + i, exp_avg);
  store_vec(span.exp_avg_sq + i, exp_avg_sq);
  if (span.working != nullptr) store_as(span.working + i, bf16_bits_of(value));
}

template <AdamWShrink kShrink, bool kHolds>
RPP_INLINE void adamw_one(const AdamWStep& step, const AdamWSpan& span, int64_t i) {
  const auto next = adamw_element<kShrink>(
      step, {span.values[i], span.exp_avg[i], span.exp_avg_sq[i]}, span.grads[i],
      kHolds ? span.keep[i] : uint8_t{1},
      kShrink == AdamWShrink::prox || kShrink == AdamWShrink::preconditioned_prox ? span.alpha[i] : 0.0F);
  span.values[i] = next.value;
  span.exp_avg[i] = next.exp_avg;
  span.exp_avg_sq[i] = next.exp_avg_sq;
  if (span.working != nullptr) span.working[i] = bf16_bits(next.value);
}

// kHolds: whether span.keep is used.
template <AdamWShrink kShrink, bool kHolds>
RPP_INLINE void adamw_loop(const AdamWStep& given, const AdamWSpan& given_span) {
  const AdamWStep step = given;  // local copies cannot alias the arrays
  const AdamWSpan span = given_span;
  int64_t i = 0;
  for (; i + kLanes <= span.size; i += kLanes) adamw_vector<kShrink, kHolds>(step, span, i);
  for (; i < span.size; ++i) adamw_one<kShrink, kHolds>(step, span, i);
}

template <AdamWShrink kShrink>
RPP_INLINE void adamw_loops(const AdamWStep& step, const AdamWSpan& span) {
  if (span.keep != nullptr) return adamw_loop<kShrink, true>(step, span);
  adamw_loop<kShrink, false>(step, span);
}

}  // namespace

RPP_CLONES void adamw_cpu(const AdamWStep& step, const AdamWSpan& span) {
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
