#include "ops/vector_math.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace rpp {
namespace {

TEST(VectorMath, ExpIsWithinAFewUlps) {
  for (double x = -86.9; x < 88.0; x += 0.00137) {
    const auto argument = static_cast<float>(x);
    const double wanted = std::exp(static_cast<double>(argument));
    ASSERT_NEAR(fast_exp(argument) / wanted, 1.0, 2e-7) << x;
  }
}

TEST(VectorMath, ExpOfExtremesNeitherOverflowsNorHidesNaN) {
  EXPECT_LT(fast_exp(-std::numeric_limits<float>::infinity()), 1e-37F);
  EXPECT_GT(fast_exp(1000.0F), 1e38F);
  EXPECT_TRUE(std::isnan(fast_exp(std::numeric_limits<float>::quiet_NaN())));
  EXPECT_EQ(fast_exp(0.0F), 1.0F);
}

TEST(VectorMath, NormalAgreesWithErfInDouble) {
  for (double x = -12.0; x < 12.0; x += 0.00037) {
    const auto argument = static_cast<float>(x);
    const double wide = argument;
    const auto normal = fast_normal(argument);
    ASSERT_NEAR(normal.cumulative, 0.5 * std::erfc(-wide / std::sqrt(2.0)), 2.5e-7) << x;
    ASSERT_NEAR(normal.density, std::exp(-0.5 * wide * wide) / std::sqrt(2.0 * M_PI), 1e-7) << x;
  }
}

}  // namespace
}  // namespace rpp
