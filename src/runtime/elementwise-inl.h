// GELU, LayerNorm, softmax and int8 conversions on a tile: lane by lane, each token independently.
#include "core/normal_series.h"
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

// e^x for x <= 0, zero below -87, to one unit in the last place: x = k ln 2 + r, |r| <= ln 2 / 2, and
// e^r = 1 + r + r^2 q(r) with a q of degree 4 whose relative error of e^r, 3e-9, was made smallest by
// iteratively reweighted least squares. With fewer steps than the function of Highway, which takes any x.
template <typename V>
HWY_INLINE V exp_below_zero(V x) {
  const Floats d;
  // Adding this leaves k + 127, the exponent bits of 2^k, in the lowest bits of the sum.
  const auto shift = hn::Set(d, 12582912.0F + 127.0F);
  const auto shifted = hn::MulAdd(x, hn::Set(d, 1.44269504F), shift);
  const auto k = hn::Sub(shifted, shift);
  const auto power = hn::BitCast(d, hn::ShiftLeft<23>(hn::BitCast(Words(), shifted)));
  auto r = hn::NegMulAdd(k, hn::Set(d, 0.693359375F), x);  // ln 2 in two parts, the first exact times k
  r = hn::NegMulAdd(k, hn::Set(d, -2.12194440e-4F), r);
  auto q = hn::MulAdd(hn::Set(d, 0.0013814527F), r, hn::Set(d, 0.0083687809F));
  q = hn::MulAdd(q, r, hn::Set(d, 0.0416683931F));
  q = hn::MulAdd(q, r, hn::Set(d, 0.1666652010F));
  q = hn::MulAdd(q, r, hn::Set(d, 0.4999999342F));
  const auto rest = hn::MulAdd(hn::Mul(q, r), r, r);     // e^r - 1
  const auto too_small = hn::Lt(x, hn::Set(d, -87.0F));  // false for NaN
  return hn::IfThenZeroElse(too_small, hn::MulAdd(rest, power, power));
}

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
  const auto gauss = exp_below_zero(hn::Neg(hn::Mul(z, z)));
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

// The groups of a tile that are worked on together: one vector of sums would wait for each addition, and
// would read a part of each row of the tile at a time.
constexpr int64_t kTogether = kGroupVectors == 1 ? 4 : kGroupVectors == 2 ? 2 : 1;

// step.of<number of vectors>(first token), for all groups.
template <typename Step>
HWY_INLINE void for_groups(int64_t groups, const Step& step) {
  for (int64_t token = 0; groups > 0;) {
    const int64_t now = HWY_MIN(groups, kTogether);
    if constexpr (kTogether > 2) {
      if (now == 4) step.template of<4 * kGroupVectors>(token);
      if (now == 3) step.template of<3 * kGroupVectors>(token);
    }
    if constexpr (kTogether > 1) {
      if (now == 2) step.template of<2 * kGroupVectors>(token);
    }
    if (now == 1) step.template of<kGroupVectors>(token);
    groups -= now, token += now * kGroupTokens;
  }
}

// Each token's sum runs over the features in order.
struct NormOf {
  const NormArguments& a;
  float* y;

  template <int64_t kVectors>
  HWY_INLINE void of(int64_t first_token) const {
    const Floats d;
    hn::Vec<Floats> sums[kVectors], means[kVectors], squares[kVectors], scales[kVectors];
    for (int64_t v = 0; v < kVectors; ++v) sums[v] = squares[v] = hn::Zero(d);
    for (int64_t i = 0; i < a.features; ++i) {
      const int64_t row = i * kTileTokens + first_token;
#pragma GCC unroll 8
      for (int64_t v = 0; v < kVectors; ++v) {
        auto value = hn::Load(d, a.x + row + v * kLanes);
        if (a.residual != nullptr) value = hn::Add(value, hn::Load(d, a.residual + row + v * kLanes));
        hn::Store(value, d, y + row + v * kLanes);
        sums[v] = hn::Add(sums[v], value);
      }
    }
    const auto inverse_count = hn::Set(d, 1.0F / static_cast<float>(a.features));
    for (int64_t v = 0; v < kVectors; ++v) means[v] = hn::Mul(sums[v], inverse_count);
    for (int64_t i = 0; i < a.features; ++i) {
#pragma GCC unroll 8
      for (int64_t v = 0; v < kVectors; ++v) {
        const auto value = hn::Load(d, y + i * kTileTokens + first_token + v * kLanes);
        const auto deviation = hn::Sub(value, means[v]);
        squares[v] = hn::MulAdd(deviation, deviation, squares[v]);
      }
    }
    for (int64_t v = 0; v < kVectors; ++v) {
      const auto variance = hn::MulAdd(squares[v], inverse_count, hn::Set(d, a.epsilon));
      scales[v] = hn::Div(hn::Set(d, 1.0F), hn::Sqrt(variance));
    }
    for (int64_t i = 0; i < a.features; ++i) {
      const auto weight = hn::Set(d, a.weight[i]), bias = hn::Set(d, a.bias[i]);
#pragma GCC unroll 8
      for (int64_t v = 0; v < kVectors; ++v) {
        float* at = y + i * kTileTokens + first_token + v * kLanes;
        const auto normed = hn::Mul(hn::Sub(hn::Load(d, at), means[v]), scales[v]);
        hn::Store(hn::MulAdd(normed, weight, bias), d, at);
      }
    }
  }
};

void add_layer_norm(const NormArguments& arguments, float* y, int64_t groups) {
  for_groups(groups, NormOf{arguments, y});
}

struct SoftmaxOf {
  float* x;
  float* inverse_sums;
  int64_t rows;

  template <int64_t kVectors>
  HWY_INLINE void of(int64_t first_token) const {
    const Floats d;
    float* first = x + first_token;
    hn::Vec<Floats> largest[kVectors], sums[kVectors];
    for (int64_t v = 0; v < kVectors; ++v) {
      largest[v] = hn::Load(d, first + v * kLanes);
      sums[v] = hn::Zero(d);
    }
    for (int64_t i = 1; i < rows; ++i) {
#pragma GCC unroll 8
      for (int64_t v = 0; v < kVectors; ++v) {
        largest[v] = hn::Max(largest[v], hn::Load(d, first + i * kTileTokens + v * kLanes));
      }
    }
    for (int64_t i = 0; i < rows; ++i) {
#pragma GCC unroll 8
      for (int64_t v = 0; v < kVectors; ++v) {
        float* at = first + i * kTileTokens + v * kLanes;
        const auto power = exp_below_zero(hn::Sub(hn::Load(d, at), largest[v]));
        hn::Store(power, d, at);
        sums[v] = hn::Add(sums[v], power);
      }
    }
    for (int64_t v = 0; v < kVectors; ++v) {
      hn::Store(hn::Div(hn::Set(d, 1.0F), sums[v]), d, inverse_sums + first_token + v * kLanes);
    }
  }
};

void softmax(float* x, float* inverse_sums, int64_t rows, int64_t groups) {
  for_groups(groups, SoftmaxOf{x, inverse_sums, rows});
}

// The word of features first to first + 3, of which only `count` exist.
template <typename V>
HWY_INLINE hn::Vec<Words> quad_of(const float* x, int64_t count, V low, V inverse_step) {
  const Floats d;
  const Words words;
  const auto shift = hn::Set(d, 12582912.0F);  // leaves a rounded integer in the lowest bits of a sum
  auto quad = hn::Zero(words);
  for (int64_t i = 0; i < count; ++i) {
    const auto steps =
        hn::Mul(hn::Sub(hn::Load(d, x + i * kTileTokens), low), inverse_step);  // at most 255.0001
    const auto byte = hn::And(hn::BitCast(words, hn::Add(steps, shift)), hn::Set(words, 0xFF));
    quad = hn::Or(quad, hn::ShiftLeftSame(byte, static_cast<int>(8 * i)));
  }
  return quad;
}

struct QuantiseOf {
  const float* x;
  int64_t features;
  const QuantisedTile& to;

  template <int64_t kVectors>
  HWY_INLINE void of(int64_t first_token) const {
    constexpr float kSmallestRange = 1e-30F;  // below, 255 / range could overflow: the token is constant
    const Floats d;
    const float* first = x + first_token;
    hn::Vec<Floats> lows[kVectors], highs[kVectors], not_finite[kVectors], inverse_steps[kVectors];
    for (int64_t v = 0; v < kVectors; ++v) {
      lows[v] = highs[v] = hn::Load(d, first + v * kLanes);
      not_finite[v] = hn::Zero(d);  // becomes NaN
    }
    for (int64_t i = 0; i < features; ++i) {
#pragma GCC unroll 8
      for (int64_t v = 0; v < kVectors; ++v) {
        const auto value = hn::Load(d, first + i * kTileTokens + v * kLanes);
        lows[v] = hn::Min(lows[v], value);
        highs[v] = hn::Max(highs[v], value);
        not_finite[v] = hn::MulAdd(value, hn::Zero(d), not_finite[v]);
      }
    }
    for (int64_t v = 0; v < kVectors; ++v) {
      const auto range = hn::Sub(highs[v], lows[v]);
      const auto varies = hn::Gt(range, hn::Set(d, kSmallestRange));
      inverse_steps[v] = hn::IfThenElseZero(varies, hn::Div(hn::Set(d, 255.0F), range));
      const auto step = hn::IfThenElseZero(varies, hn::Mul(range, hn::Set(d, 1.0F / 255.0F)));
      hn::Store(hn::Add(step, not_finite[v]), d, to.steps + first_token + v * kLanes);
      hn::Store(lows[v], d, to.lows + first_token + v * kLanes);
    }
    for (int64_t i = 0; i < features; i += kQuad) {
      const int64_t count = HWY_MIN(features - i, kQuad);
      Quad* quads = to.quads + i / kQuad * kTileTokens + first_token;
#pragma GCC unroll 8
      for (int64_t v = 0; v < kVectors; ++v) {
        const auto quad = quad_of(first + i * kTileTokens + v * kLanes, count, lows[v], inverse_steps[v]);
        hn::Store(quad, Words(), quads + v * kLanes);
      }
    }
  }
};

void quantise(const float* x, int64_t features, const QuantisedTile& to, int64_t groups) {
  for_groups(groups, QuantiseOf{x, features, to});
}

struct DequantiseOf {
  const QuantisedRows& rows;
  const QuantisedTile& x;
  const int32_t* sums;
  float* y;

  template <int64_t kVectors>
  HWY_INLINE void of(int64_t first_token) const {
    const Floats d;
    hn::Vec<Floats> steps[kVectors], lows[kVectors];
    for (int64_t v = 0; v < kVectors; ++v) {
      steps[v] = hn::Load(d, x.steps + first_token + v * kLanes);
      lows[v] = hn::Load(d, x.lows + first_token + v * kLanes);
    }
    for (int64_t row = 0; row < rows.count; ++row) {
      const auto scale = hn::Set(d, rows.scales[row]), bias = hn::Set(d, rows.bias[row]);
      const auto row_sum = hn::Set(d, rows.sums[row]);
      const int64_t at = row * kTileTokens + first_token;
#pragma GCC unroll 8
      for (int64_t v = 0; v < kVectors; ++v) {
        const auto product = hn::ConvertTo(d, hn::Load(Words(), sums + at + v * kLanes));
        const auto exact = hn::MulAdd(steps[v], product, hn::Mul(lows[v], row_sum));
        hn::Store(hn::MulAdd(scale, exact, bias), d, y + at + v * kLanes);
      }
    }
  }
};

void dequantise(const QuantisedRows& rows, const QuantisedTile& x, const int32_t* sums, float* y,
                int64_t groups) {
  for_groups(groups, DequantiseOf{rows, x, sums, y});
}

// The last vector may have fewer than kLanes tokens of the row.
void scale_rows(const ScaledRows& rows, float* y) {
  const Floats d;
  for (int64_t row = 0; row < rows.count; ++row) {
    const float* from = rows.x + row * rows.x_stride;
    float* to = y + row * rows.y_stride;
    int64_t t = 0;
    for (; t + kLanes <= rows.num_tokens; t += kLanes) {
      hn::StoreU(hn::Mul(hn::LoadU(d, from + t), hn::LoadU(d, rows.factors + t)), d, to + t);
    }
    for (; t < rows.num_tokens; ++t) to[t] = from[t] * rows.factors[t];
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace rpp
HWY_AFTER_NAMESPACE();

#endif
