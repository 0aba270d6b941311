#include "ops/adamw_kernel.h"

#include <gtest/gtest.h>

#include <limits>

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
