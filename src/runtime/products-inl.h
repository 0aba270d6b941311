// What a lane of a matmul multiplies: a weight and an activation in fp32, or four of each in int8.
#include "hwy/highway.h"
#include "matrix.h"

#if defined(RPP_INFER_PRODUCTS_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef RPP_INFER_PRODUCTS_INL_H_
#undef RPP_INFER_PRODUCTS_INL_H_
#else
#define RPP_INFER_PRODUCTS_INL_H_
#endif

HWY_BEFORE_NAMESPACE();
namespace rpp {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

using Floats = HWY_CAPPED(float, kGroupTokens);
using Words = HWY_CAPPED(int32_t, kGroupTokens);
constexpr int64_t kLanes = HWY_LANES(float) < kGroupTokens ? HWY_LANES(float) : kGroupTokens;
constexpr int64_t kGroupVectors = kGroupTokens / kLanes;
constexpr bool kHas32Registers = HWY_TARGET == HWY_AVX3 || HWY_TARGET == HWY_NEON;

struct FloatProducts {
  using Value = float;
  using Vector = hn::Vec<Floats>;
  using Weight = Vector;

  static HWY_INLINE Vector set(float value) { return hn::Set(Floats(), value); }
  static HWY_INLINE Vector load(const float* at) { return hn::Load(Floats(), at); }
  static HWY_INLINE void store(Vector value, float* at) { hn::Store(value, Floats(), at); }
  static HWY_INLINE Weight weight(float value) { return set(value); }
  static HWY_INLINE Vector add_product(const Weight& weight, Vector x, Vector sum) {
    return hn::MulAdd(weight, x, sum);
  }
};

// The sums are int32 and exact: 4 * 255 * 127 fits a lane for 16,000 quads.
struct QuadProducts {
  using Value = Quad;
  using Vector = hn::Vec<Words>;

  static HWY_INLINE Vector set(Quad value) { return hn::Set(Words(), value); }
  static HWY_INLINE Vector load(const Quad* at) { return hn::Load(Words(), at); }
  static HWY_INLINE void store(Vector value, Quad* at) { hn::Store(value, Words(), at); }

#if HWY_TARGET == HWY_AVX3 || HWY_TARGET == HWY_AVX2
  // Without VNNI. The bytes 0 and 2, then 1 and 3, are multiplied as 16-bit numbers: their sums cannot
  // saturate.
  using Halves = hn::Repartition<int16_t, Words>;
  using HalfVector = hn::Vec<Halves>;
  struct Weight {
    HalfVector even, odd;
  };
  static HWY_INLINE Weight weight(Quad value) {
    const auto bytes = hn::BitCast(Halves(), set(value));
    return {hn::ShiftRight<8>(hn::ShiftLeft<8>(bytes)), hn::ShiftRight<8>(bytes)};
  }
  static HWY_INLINE Vector sum_of_pairs(HalfVector a, HalfVector b) {
#if HWY_TARGET == HWY_AVX3
    return Vector{_mm512_madd_epi16(a.raw, b.raw)};
#else
    return Vector{_mm256_madd_epi16(a.raw, b.raw)};
#endif
  }
  static HWY_INLINE Vector add_product(const Weight& weight, Vector x, Vector sum) {
    const auto even = hn::BitCast(Halves(), hn::And(x, set(0x00FF00FF)));
    const hn::RebindToUnsigned<Halves> unsigned_halves;
    const auto odd = hn::BitCast(Halves(), hn::ShiftRight<8>(hn::BitCast(unsigned_halves, x)));
    return hn::Add(hn::Add(sum, sum_of_pairs(even, weight.even)), sum_of_pairs(odd, weight.odd));
  }
#else
  struct Weight {
    Vector bytes[kQuad];
  };
  static HWY_INLINE Weight weight(Quad value) {
    const auto word = set(value);
    return {{hn::ShiftRight<24>(hn::ShiftLeft<24>(word)), hn::ShiftRight<24>(hn::ShiftLeft<16>(word)),
             hn::ShiftRight<24>(hn::ShiftLeft<8>(word)), hn::ShiftRight<24>(word)}};
  }
  static HWY_INLINE Vector add_product(const Weight& weight, Vector x, Vector sum) {
    const hn::RebindToUnsigned<Words> unsigned_words;
    auto rest = hn::BitCast(unsigned_words, x);
    for (const auto& byte : weight.bytes) {
      const auto lowest = hn::BitCast(Words(), hn::And(rest, hn::Set(unsigned_words, 0xFFU)));
      sum = hn::Add(sum, hn::Mul(lowest, byte));
      rest = hn::ShiftRight<8>(rest);
    }
    return sum;
  }
#endif
};

#if HWY_TARGET == HWY_AVX3
// With AVX512_VNNI, one instruction. As assembly: Highway 1.0.3 has no target with this extension (its
// AVX3_DL lets the compiler use another one, which most of these processors lack).
struct VnniProducts : QuadProducts {
  using Weight = Vector;
  static HWY_INLINE Weight weight(Quad value) { return set(value); }
  static HWY_INLINE Vector add_product(const Weight& weight, Vector x, Vector sum) {
    asm("vpdpbusd %2, %1, %0" : "+v"(sum.raw) : "v"(x.raw), "v"(weight.raw));
    return sum;
  }
};
#endif

}  // namespace HWY_NAMESPACE
}  // namespace rpp
HWY_AFTER_NAMESPACE();

#endif
