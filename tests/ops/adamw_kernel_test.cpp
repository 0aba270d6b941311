#include "ops/adamw_kernel.h"

#include <gtest/gtest.h>

#include <limits>
#include <string>
#include <tuple>

#include "adamw_reference.h"
#include "ops/torch.h"

namespace rpp::test {
namespace {

constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
constexpr float kInf = std::numeric_limits<float>::infinity();

class EveryShrink : public testing::TestWithParam<AdamWShrink> {};

// Sizes around the vector widths (4, 8, 16, and unrolled loops), and zero.
TEST_P(EveryShrink, EqualsTheReferenceOnSizesAroundTheVectorWidths) {
  const auto step = some_step(GetParam());
  for (const int64_t size : {0, 1, 3, 7, 8, 9, 15, 16, 17, 31, 33, 64, 65, 1001}) {
    const AdamWArrays before(size);
    auto after = before;
    adamw_cpu(step, after.span());
    for (size_t i = 0; i < before.values.size(); ++i) {
      const auto expected =
          reference(step, before.element(i), before.grads[i], before.keep[i], before.alpha[i]);
      ASSERT_NEAR(after.values[i], expected.value, 1e-7) << "entry " << i << " of " << size;
      ASSERT_NEAR(after.exp_avg[i], expected.exp_avg, 1e-8) << "entry " << i << " of " << size;
      ASSERT_NEAR(after.exp_avg_sq[i], expected.exp_avg_sq, 1e-9) << "entry " << i << " of " << size;
    }
  }
}

TEST_P(EveryShrink, SplittingTheSpanDoesNotChangeABit) {
  const auto step = some_step(GetParam());
  AdamWArrays whole(1001), cut(1001);
  adamw_cpu(step, whole.span());
  for (int64_t begin = 0, size = 1; begin < 1001;
       begin += size, size = std::min<int64_t>(size + 6, 1001 - begin)) {
    auto part = cut.span();
    part.values += begin, part.grads += begin, part.exp_avg += begin, part.exp_avg_sq += begin;
    part.working += begin, part.keep += begin, part.alpha += begin;
    part.size = size;
    adamw_cpu(step, part);
  }
  EXPECT_EQ(cut.values, whole.values);
  EXPECT_EQ(cut.exp_avg_sq, whole.exp_avg_sq);
  EXPECT_EQ(cut.working, whole.working);
}

TEST_P(EveryShrink, TheWorkingCopyIsTheRoundedWeight) {
  AdamWArrays arrays(333);
  adamw_cpu(some_step(GetParam()), arrays.span());
  const auto rounded = torch::tensor(arrays.values).to(torch::kBFloat16);
  const auto* bits = static_cast<const uint16_t*>(rounded.const_data_ptr());
  EXPECT_EQ(arrays.working, std::vector<uint16_t>(bits, bits + arrays.values.size()));
}

TEST_P(EveryShrink, WithoutAWorkingCopyTheWeightsAreTheSame) {
  AdamWArrays with(333), without(333);
  auto span = without.span();
  span.working = nullptr;
  adamw_cpu(some_step(GetParam()), with.span());
  adamw_cpu(some_step(GetParam()), span);
  EXPECT_EQ(without.values, with.values);
}

INSTANTIATE_TEST_SUITE_P(AdamWKernel, EveryShrink, testing::ValuesIn(kEveryShrink),
                         [](const auto& info) { return name_of(info.param); });

class BlockShrink : public testing::TestWithParam<std::tuple<AdamWShrink, int64_t, bool>> {};

TEST_P(BlockShrink, EqualsTheReferenceAndPrunesWholeBlocks) {
  const auto [shrink, block, with_keep] = GetParam();
  auto step = some_step(shrink);
  step.block = block;
  const AdamWArrays before(block * 61);
  auto after = before;
  auto span = after.span();
  if (!with_keep) span.keep = nullptr;
  adamw_cpu(step, span);
  int64_t pruned = 0;
  for (size_t i = 0; i < before.values.size(); i += static_cast<size_t>(block)) {
    const auto expected = block_reference(step, before, i, with_keep);
    bool lives = false;
    for (size_t k = 0; k < expected.size(); ++k) {
      ASSERT_NEAR(after.values[i + k], expected[k].value, 1e-7) << i + k;
      ASSERT_NEAR(after.exp_avg[i + k], expected[k].exp_avg, 1e-8) << i + k;
      ASSERT_NEAR(after.exp_avg_sq[i + k], expected[k].exp_avg_sq, 1e-9) << i + k;
      EXPECT_EQ(after.working[i + k], bf16_bits(after.values[i + k]));
      EXPECT_FALSE(after.values[i + k] == 0 && std::signbit(after.values[i + k]));
      lives |= after.values[i + k] != 0;
    }
    pruned += lives ? 0 : 1;
    const bool held = with_keep && before.keep[i] == 0;
    EXPECT_EQ(after.values[i] == 0, held || !lives) << i;
  }
  EXPECT_GT(pruned, 1);
  EXPECT_LT(pruned, 60);
}

TEST_P(BlockShrink, ANanStaysInItsBlock) {
  const auto [shrink, block, with_keep] = GetParam();
  auto step = some_step(shrink);
  step.block = block;
  AdamWArrays arrays(2 * block);
  auto span = arrays.span();
  span.keep = nullptr;
  arrays.values[1] = kNan;
  adamw_cpu(step, span);
  EXPECT_TRUE(std::isnan(arrays.values[1]));
  for (auto k = static_cast<size_t>(block); k < arrays.values.size(); ++k)
    EXPECT_TRUE(std::isfinite(arrays.values[k]));
}

INSTANTIATE_TEST_SUITE_P(AdamWKernel, BlockShrink,
                         testing::Combine(testing::Values(AdamWShrink::prox,
                                                          AdamWShrink::preconditioned_prox),
                                          testing::Values(4, 8, 16), testing::Bool()),
                         [](const auto& info) {
                           return name_of(std::get<0>(info.param)) + "_" +
                                  std::to_string(std::get<1>(info.param)) +
                                  (std::get<2>(info.param) ? "_with_zeros_held" : "");
                         });

// rms(3, 4, 0, 12) is 6.5; the threshold takes 1.3 of it.
TEST(AdamWKernel, ABlockIsScaledTowardsZeroByItsRootOfTheMeanSquare) {
  AdamWArrays arrays(8);
  arrays.values = {3, -4, 0, 12, 0.5, 0.5, -0.5, 0.5};
  arrays.grads.assign(8, 0);
  arrays.exp_avg.assign(8, 0);
  arrays.alpha.assign(8, 1);
  auto span = arrays.span();
  span.keep = nullptr;
  AdamWStep step;
  step.threshold = 1.3F;
  step.shrink = AdamWShrink::prox;
  step.block = 4;
  adamw_cpu(step, span);
  const std::vector<float> expected = {2.4F, -3.2F, 0, 9.6F, 0, 0, 0, 0};
  for (size_t i = 0; i < expected.size(); ++i) EXPECT_FLOAT_EQ(arrays.values[i], expected[i]) << i;
}

TEST(AdamWKernel, AboutHalfOfTheInputsAreShrunkToZero) {  // so that both branches are compared
  for (const auto shrink : {AdamWShrink::prox, AdamWShrink::preconditioned_prox}) {
    AdamWArrays arrays(1001);
    adamw_cpu(some_step(shrink), arrays.span());
    const auto zeros = std::count(arrays.values.begin(), arrays.values.end(), 0.0F);
    EXPECT_GT(zeros, 250);
    EXPECT_LT(zeros, 850);
  }
}

TEST(AdamWKernel, ShrunkZerosArePositive) {
  for (const auto shrink : {AdamWShrink::mask, AdamWShrink::prox, AdamWShrink::preconditioned_prox}) {
    AdamWArrays arrays(1001);
    adamw_cpu(some_step(shrink), arrays.span());
    for (size_t i = 0; i < arrays.values.size(); ++i) {
      if (arrays.values[i] != 0.0F) continue;
      EXPECT_FALSE(std::signbit(arrays.values[i]));
      EXPECT_EQ(arrays.working[i], 0);
    }
  }
}

TEST(AdamWKernel, AMaskZeroesMomentsEvenWhereTheGradientIsNotFinite) {
  AdamWArrays arrays(40);
  std::fill(arrays.grads.begin(), arrays.grads.end(), kNan);
  std::fill(arrays.keep.begin(), arrays.keep.end(), uint8_t{0});
  adamw_cpu(some_step(AdamWShrink::mask), arrays.span());
  const std::vector<float> zeros(40, 0.0F);
  EXPECT_EQ(arrays.values, zeros);
  EXPECT_EQ(arrays.exp_avg, zeros);
  EXPECT_EQ(arrays.exp_avg_sq, zeros);
}

TEST(AdamWKernel, ANanIsNeverShrunkToZero) {
  for (const auto shrink : kEveryShrink) {
    AdamWArrays arrays(21);
    std::fill(arrays.keep.begin(), arrays.keep.end(), uint8_t{1});
    arrays.values[3] = kNan;
    arrays.grads[20] = kNan;
    adamw_cpu(some_step(shrink), arrays.span());
    EXPECT_TRUE(std::isnan(arrays.values[3]));
    EXPECT_TRUE(std::isnan(arrays.values[20]));
    EXPECT_EQ(arrays.working[3], 0x7FC0);
    EXPECT_TRUE(std::isfinite(arrays.values[4]));
  }
}

TEST(SoftThreshold, MovesTowardsZeroAndStopsThere) {
  EXPECT_FLOAT_EQ(soft_threshold(0.5F, 0.2F), 0.3F);
  EXPECT_FLOAT_EQ(soft_threshold(-0.5F, 0.2F), -0.3F);
  EXPECT_EQ(soft_threshold(0.2F, 0.2F), 0.0F);
  EXPECT_FALSE(std::signbit(soft_threshold(-0.1F, 0.2F)));
  EXPECT_FALSE(std::signbit(soft_threshold(-0.0F, 0.0F)));
  EXPECT_EQ(soft_threshold(-0.5F, 0.0F), -0.5F);
  EXPECT_EQ(soft_threshold(3.0F, kInf), 0.0F);
  EXPECT_TRUE(std::isnan(soft_threshold(kNan, 0.2F)));
}

TEST(Bf16Bits, RoundsToNearestAndTiesToEven) {
  EXPECT_EQ(bf16_bits(1.0F), 0x3F80);
  EXPECT_EQ(bf16_bits(1.0F + 0x1p-8F), 0x3F80);             // half way: rounds down to even
  EXPECT_EQ(bf16_bits(1.0F + 3 * 0x1p-8F), 0x3F82);         // half way: rounds up to even
  EXPECT_EQ(bf16_bits(1.0F + 0x1p-8F + 0x1p-20F), 0x3F81);  // above half way
  EXPECT_EQ(bf16_bits(-0.0F), 0x8000);
  EXPECT_EQ(bf16_bits(kInf), 0x7F80);
  EXPECT_EQ(bf16_bits(std::numeric_limits<float>::max()), 0x7F80);
  EXPECT_EQ(bf16_bits(-kNan), 0x7FC0);
}

}  // namespace
}  // namespace rpp::test
