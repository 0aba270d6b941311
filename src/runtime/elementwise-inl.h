// GELU, LayerNorm, softmax and int8 conversions on a tile: lane by lane, each token independently.
#include "core/normal_series.h"
#include "hwy/contrib/math/math-inl.h"
#include "hwy/highway.h"
#include "kernels.h"

#if defined(RPP_INFER_ELEMENTWISE_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef RPP_INFER_ELEMENTWISE_INL_H_
#undef RPP_INFER_ELEMENTWISE_INL_H_
#else
#define RPP_INFER_ELEMENTWISE_INL_H_
#endif

#include "products-inl.h"

HWY_BEFORE_NAMESPACE();
namespace rpp {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

template <typename V>
HWY_INLINE V gelu_of(V x) {
  const Floats d;
  const auto z = hn::Mul(hn::Abs(x), hn::Set(d, normal_series::kInverseSqrt2));
  const auto t =
      hn::Div(hn::Set(d, 1.0F), hn::MulAdd(hn::Set(d, normal_series::kDivisor), z, hn::Set(d, 1.0F)));
  auto series = hn::Set(d, normal_series::kA5);
  series = hn::MulAdd(series, t, hn::Set(d, normal_series::kA4));
  series = hn::MulAdd(series, t, hn::Set(d, normal_series::kA3));
  series = hn::MulAdd(series, t, hn::Set(d, normal_series::kA2));
  series = hn::MulAdd(series, t, hn::Set(d, normal_series::kA1));
  const auto gauss = hn::Exp(d, hn::Neg(hn::Mul(z, z)));
  const auto upper_tail = hn::Mul(hn::Mul(hn::Set(d, 0.5F), hn::Mul(series, t)), gauss);  // 1 - Phi(|x|)
  const auto cumulative =
      hn::IfThenElse(hn::Lt(x, hn::Zero(d)), upper_tail, hn::Sub(hn::Set(d, 1.0F), upper_tail));
  return hn::Mul(x, cumulative);
}

void gelu(float* x, int64_t rows, int64_t groups) {
  const Floats d;
  for (int64_t row = 0; row < rows; ++row, x += kTileTokens) {
    for (int64_t v = 0; v < groups * kGroupVectors; ++v) {
      hn::Store(gelu_of(hn::Load(d, x + v * kLanes)), d, x + v * kLanes);
    }
  }
}

// One vector of tokens at a time; each token's sum runs over the features in order.
HWY_INLINE void add_layer_norm_of(const NormArguments& a, int64_t first_token, float* y) {
  const Floats d;
  const auto at = [first_token](int64_t feature) { return feature * kTileTokens + first_token; };
  auto sum = hn::Zero(d);
  for (int64_t i = 0; i < a.features; ++i) {
    auto value = hn::Load(d, a.x + at(i));
    if (a.residual != nullptr) value = hn::Add(value, hn::Load(d, a.residual + at(i)));
    hn::Store(value, d, y + at(i));
    sum = hn::Add(sum, value);
  }
  const auto inverse_count = hn::Set(d, 1.0F / static_cast<float>(a.features));
  const auto mean = hn::Mul(sum, inverse_count);
  auto squares = hn::Zero(d);
  for (int64_t i = 0; i < a.features; ++i) {
    const auto deviation = hn::Sub(hn::Load(d, y + at(i)), mean);
    squares = hn::MulAdd(deviation, deviation, squares);
  }
  const auto variance = hn::MulAdd(squares, inverse_count, hn::Set(d, a.epsilon));
  const auto scale = hn::Div(hn::Set(d, 1.0F), hn::Sqrt(variance));
  for (int64_t i = 0; i < a.features; ++i) {
    const auto normed = hn::Mul(hn::Sub(hn::Load(d, y + at(i)), mean), scale);
    hn::Store(hn::MulAdd(normed, hn::Set(d, a.weight[i]), hn::Set(d, a.bias[i])), d, y + at(i));
  }
}

void add_layer_norm(const NormArguments& arguments, float* y, int64_t groups) {
  for (int64_t v = 0; v < groups * kGroupVectors; ++v) add_layer_norm_of(arguments, v * kLanes, y);
}

void softmax(float* x, float* inverse_sums, int64_t rows, int64_t groups) {
  const Floats d;
  for (int64_t v = 0; v < groups * kGroupVectors; ++v) {
    float* first = x + v * kLanes;
    auto largest = hn::Load(d, first);
    for (int64_t i = 1; i < rows; ++i) largest = hn::Max(largest, hn::Load(d, first + i * kTileTokens));
    auto sum = hn::Zero(d);
    for (int64_t i = 0; i < rows; ++i) {
      const auto power = hn::Exp(d, hn::Sub(hn::Load(d, first + i * kTileTokens), largest));
      hn::Store(power, d, first + i * kTileTokens);
      sum = hn::Add(sum, power);
    }
    hn::Store(hn::Div(hn::Set(d, 1.0F), sum), d, inverse_sums + v * kLanes);
  }
}

// The word of features first to first + 3, of which only `count` exist.
template <typename V>
HWY_INLINE hn::Vec<Words> quad_of(const float* x, int64_t count, V low, V inverse_step) {
  const Floats d;
  const Words words;
  auto quad = hn::Zero(words);
  for (int64_t i = 0; i < count; ++i) {
    const auto steps = hn::Mul(hn::Sub(hn::Load(d, x + i * kTileTokens), low), inverse_step);
    const auto byte = hn::NearestInt(hn::Min(steps, hn::Set(d, 255.0F)));
    quad = hn::Or(quad, hn::ShiftLeftSame(byte, static_cast<int>(8 * i)));
  }
  return quad;
}

void quantise(const float* x, int64_t features, const QuantisedTile& to, int64_t groups) {
  constexpr float kSmallestRange = 1e-30F;  // below, 255 / range could overflow: the token is constant
  const Floats d;
  for (int64_t v = 0; v < groups * kGroupVectors; ++v) {
    const float* first = x + v * kLanes;
    auto low = hn::Load(d, first), high = low;
    auto not_finite = hn::Zero(d);  // becomes NaN
    for (int64_t i = 0; i < features; ++i) {
      const auto value = hn::Load(d, first + i * kTileTokens);
      low = hn::Min(low, value);
      high = hn::Max(high, value);
      not_finite = hn::MulAdd(value, hn::Zero(d), not_finite);
    }
    const auto range = hn::Sub(high, low);
    const auto varies = hn::Gt(range, hn::Set(d, kSmallestRange));
    const auto inverse_step = hn::IfThenElseZero(varies, hn::Div(hn::Set(d, 255.0F), range));
    const auto step = hn::IfThenElseZero(varies, hn::Mul(range, hn::Set(d, 1.0F / 255.0F)));
    hn::Store(hn::Add(step, not_finite), d, to.steps + v * kLanes);
    hn::Store(low, d, to.lows + v * kLanes);
    for (int64_t i = 0; i < features; i += kQuad) {
      const auto quad = quad_of(first + i * kTileTokens, HWY_MIN(features - i, kQuad), low, inverse_step);
      hn::Store(quad, Words(), to.quads + i / kQuad * kTileTokens + v * kLanes);
    }
  }
}

void dequantise(const QuantisedRows& rows, const QuantisedTile& x, const int32_t* sums, float* y,
                int64_t groups) {
  const Floats d;
  for (int64_t row = 0; row < rows.count; ++row, sums += kTileTokens, y += kTileTokens) {
    const auto scale = hn::Set(d, rows.scales[row]), bias = hn::Set(d, rows.bias[row]);
    const auto row_sum = hn::Set(d, rows.sums[row]);
    for (int64_t v = 0; v < groups * kGroupVectors; ++v) {
      const auto low = hn::Load(d, x.lows + v * kLanes), step = hn::Load(d, x.steps + v * kLanes);
      const auto product = hn::ConvertTo(d, hn::Load(Words(), sums + v * kLanes));
      const auto exact = hn::MulAdd(step, product, hn::Mul(low, row_sum));
      hn::Store(hn::MulAdd(scale, exact, bias), d, y + v * kLanes);
    }
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace rpp
HWY_AFTER_NAMESPACE();

#endif
