#include "core/small_floats.h"

#include <gtest/gtest.h>

#include <cmath>

namespace rpp {
namespace {

TEST(SmallFloats, EveryHalfRoundTripsThroughFloat) {
  for (uint32_t half = 0; half <= 0xFFFF; ++half) {
    const float value = fp16_value(static_cast<uint16_t>(half));
    if (std::isnan(value)) continue;
    EXPECT_EQ(fp16_bits(value), half);
  }
}

TEST(SmallFloats, HalfMatchesIeee754Values) {
  EXPECT_EQ(fp16_value(0x3C00), 1.0F);
  EXPECT_EQ(fp16_value(0xC000), -2.0F);
  EXPECT_EQ(fp16_value(0x7BFF), 65504.0F);
  EXPECT_EQ(fp16_value(0x0001), 0x1.0p-24F);
  EXPECT_TRUE(std::isnan(fp16_value(fp16_bits(NAN))));
}

TEST(SmallFloats, HalfRoundsToNearestAndTiesToEven) {
  EXPECT_EQ(fp16_bits(1.0F + 0x1.0p-11F), 0x3C00);  // a tie, rounded down to even
  EXPECT_EQ(fp16_bits(1.0F + 0x1.8p-10F), 0x3C02);  // a tie, rounded up to even
  EXPECT_EQ(fp16_bits(1.0F + 0x1.1p-11F), 0x3C01);
  EXPECT_EQ(fp16_bits(0x1.8p-25F), 0x0001);
  EXPECT_EQ(fp16_bits(0x1.0p-25F), 0x0000);  // a tie below the smallest denormal
  EXPECT_EQ(fp16_bits(65519.0F), 0x7BFF);
  EXPECT_EQ(fp16_bits(65520.0F), 0x7C00);
}

TEST(SmallFloats, Bfloat16RoundsToNearestAndTiesToEven) {
  EXPECT_EQ(bf16_bits(1.0F + 0x1.0p-8F), 0x3F80);
  EXPECT_EQ(bf16_bits(1.0F + 0x1.8p-7F), 0x3F82);
  EXPECT_EQ(bf16_value(bf16_bits(-3.0F)), -3.0F);
}

}  // namespace
}  // namespace rpp
