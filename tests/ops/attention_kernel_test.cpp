#include "ops/attention_kernel.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <vector>

#include "core/small_floats.h"

namespace rpp {
namespace {

struct Result {
  std::vector<uint16_t> context, dqkv;
  std::vector<float> log_sum_exp;
};

std::vector<uint16_t> random_bf16(int64_t size, uint32_t seed) {
  std::mt19937 random(seed);
  std::normal_distribution<float> normal;
  std::vector<uint16_t> values(static_cast<size_t>(size));
  for (auto& value : values) value = bf16_bits(normal(random));
  return values;
}

// The initial contents of the scratch must not matter: they are NaN.
Result run(const AttentionKernels<uint16_t>& kernels, const AttentionShape& shape, int64_t length) {
  const auto qkv = random_bf16(length * shape.qkv_size(), 1);
  const auto dout = random_bf16(length * shape.context_size(), 2);
  Result result = {.context = std::vector<uint16_t>(dout.size()),
                   .dqkv = std::vector<uint16_t>(qkv.size()),
                   .log_sum_exp = std::vector<float>(static_cast<size_t>(length * shape.num_heads))};
  std::vector<float> scratch(static_cast<size_t>(kernels.scratch_size(shape, length)));
  for (int64_t head = 0; head < shape.num_heads; ++head) {
    const AttentionTask task = {.head = head, .begin = 0, .end = length};
    std::fill(scratch.begin(), scratch.end(), std::nanf(""));
    kernels.forward(shape, {qkv.data(), result.context.data(), result.log_sum_exp.data()}, task,
                    scratch.data());
    std::fill(scratch.begin(), scratch.end(), std::nanf(""));
    kernels.backward(shape, {qkv.data(), dout.data(), result.log_sum_exp.data(), result.dqkv.data()}, task,
                     scratch.data());
  }
  return result;
}

// Relative to the largest value, as both round their sums to bf16.
void expect_close(const std::vector<uint16_t>& got, const std::vector<uint16_t>& wanted) {
  float largest = 1.0F;
  for (const uint16_t value : wanted) largest = std::max(largest, std::abs(bf16_value(value)));
  for (size_t i = 0; i < got.size(); ++i) {
    ASSERT_NEAR(bf16_value(got[i]), bf16_value(wanted[i]), 0.015F * largest) << "entry " << i;
  }
}

AttentionShape shape_of(int64_t query_key_dim, int64_t value_dim, double dropout) {
  return {.num_heads = 2,
          .query_key_dim = query_key_dim,
          .value_dim = value_dim,
          .scale = 1.0F / std::sqrt(static_cast<float>(query_key_dim)),
          .dropout = dropout_rule(dropout, 5)};
}

TEST(AttentionKernel, Bf16DotsAgreeWithFp32DotsOnSizesAroundTheVectorWidths) {
  const auto dot = attention_dot_kernels();
  if (!dot) GTEST_SKIP() << "this processor does not multiply bf16";
  for (const int64_t length : {1, 2, 7, 8, 9, 15, 16, 17, 33, 130, 511}) {
    for (const double dropout : {0.0, 0.3}) {
      for (const auto& shape : {shape_of(1, 1, dropout), shape_of(5, 18, dropout), shape_of(17, 3, dropout),
                                shape_of(32, 32, dropout), shape_of(64, 64, dropout)}) {
        SCOPED_TRACE(testing::Message() << length << " tokens, " << shape.query_key_dim << " and "
                                        << shape.value_dim << " dimensions, dropout " << dropout);
        const auto got = run(*dot, shape, length), wanted = run(attention_kernels<uint16_t>(), shape, length);
        expect_close(got.context, wanted.context);
        expect_close(got.dqkv, wanted.dqkv);
        for (size_t i = 0; i < got.log_sum_exp.size(); ++i) {
          ASSERT_NEAR(got.log_sum_exp[i], wanted.log_sum_exp[i], 1e-5F);
        }
      }
    }
  }
}

}  // namespace
}  // namespace rpp
