#include "runtime/attention.h"

#include <gtest/gtest.h>

#include <cmath>

#include "core/rng.h"
#include "runtime/weights.h"

namespace rpp {
namespace {

constexpr LayerShape kShape = {.num_heads = 3, .query_key_dim = 5, .value_dim = 7, .score_scale = 0.3F};

// The reference implementation: one element of the context, from the formula. `bias` as in attend().
double context_of(const Tiles& qkv, const AttentionHead& head, const float* bias, int64_t query,
                  int64_t dim) {
  const int64_t query_at = head.head * kShape.query_key_dim,
                key_at = kShape.num_heads * kShape.query_key_dim + query_at;
  const int64_t value_at = 2 * kShape.num_heads * kShape.query_key_dim + head.head * kShape.value_dim;
  double sum = 0.0, weighted = 0.0;
  for (int64_t key = head.first_token; key < head.first_token + head.num_tokens; ++key) {
    double score = 0.0;
    for (int64_t i = 0; i < kShape.query_key_dim; ++i) {
      score += double{qkv.at(query, query_at + i)} * qkv.at(key, key_at + i);
    }
    const double added = bias == nullptr ? 0.0 : bias[query - key];
    const double weight = std::exp(score * kShape.score_scale + added);
    sum += weight;
    weighted += weight * qkv.at(key, value_at + dim);
  }
  return weighted / sum;
}

TEST(Attention, EqualsTheFormulaForAnyLengthAndOffset) {
  for (const int64_t length : {1, 2, 16, 63, 64, 65, 130, 511}) {
    const int64_t first = length == 64 ? 0 : 50, num_tokens = first + length + 3;
    Tiles qkv, context;
    qkv.reshape(num_tokens, qkv_features(kShape));
    context.reshape(num_tokens, kShape.num_heads * kShape.value_dim);
    Rng rng(mix_key(5, length));
    for (int64_t t = 0; t < num_tokens; ++t) {
      for (int64_t i = 0; i < qkv.features(); ++i) qkv.at(t, i) = static_cast<float>(rng.normal());
    }
    RelativeBias relative{.longest = length, .values = {}};
    for (int64_t i = 0; i < kShape.num_heads * (2 * length - 1); ++i) {
      relative.values.push_back(static_cast<float>(rng.normal()));
    }
    const AttentionHead head = {.head = 1, .first_token = first, .num_tokens = length};
    for (const Kernels* kernels : supported_kernels()) {
      for (const float* bias : {static_cast<const float*>(nullptr), relative.centre(head.head)}) {
        AttentionScratch scratch;
        scratch.reserve(kShape, length);
        attend(*kernels, kShape, head, bias, qkv, scratch, context);
        for (int64_t query = first; query < first + length; query += 7) {
          for (int64_t dim = 0; dim < kShape.value_dim; ++dim) {
            ASSERT_NEAR(context.at(query, kShape.value_dim + dim), context_of(qkv, head, bias, query, dim),
                        1e-5)
                << kernels->name << ", " << length << " tokens, token " << query;
          }
        }
      }
    }
  }
}

TEST(Attention, WritesOnlyItsHeadAndSequence) {
  Tiles qkv, context;
  qkv.reshape(70, qkv_features(kShape));
  context.reshape(70, kShape.num_heads * kShape.value_dim);
  for (int64_t t = 0; t < 70; ++t) {
    for (int64_t i = 0; i < context.features(); ++i) context.at(t, i) = -1.0F;
    for (int64_t i = 0; i < qkv.features(); ++i) qkv.at(t, i) = 1.0F;
  }
  AttentionScratch scratch;
  scratch.reserve(kShape, 8);
  attend(find_kernels(""), kShape, {.head = 1, .first_token = 60, .num_tokens = 8}, nullptr, qkv, scratch,
         context);
  for (int64_t t = 0; t < 70; ++t) {
    for (int64_t i = 0; i < context.features(); ++i) {
      const bool is_own = t >= 60 && t < 68 && i / kShape.value_dim == 1;
      EXPECT_EQ(context.at(t, i), is_own ? 1.0F : -1.0F) << t << " " << i;
    }
  }
}

}  // namespace
}  // namespace rpp
