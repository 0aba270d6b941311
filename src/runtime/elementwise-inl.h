// GELU, LayerNorm and softmax on a tile: lane by lane, each token independently.
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

#include "dense_matmul-inl.h"

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

}  // namespace HWY_NAMESPACE
}  // namespace rpp
HWY_AFTER_NAMESPACE();

#endif
