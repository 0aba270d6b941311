// The exponentials of softmax and the copies of attention, for every instruction set of this machine.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

#include "runtime/kernels.h"
#include "runtime/tiles.h"

namespace rpp {
namespace {

class EveryKernelOnRows : public testing::TestWithParam<const Kernels*> {
 protected:
  const Kernels& kernels_ = *GetParam();

  // The kernel's e^value of a token whose maximum is 0.
  std::vector<float> exponentials(const std::vector<float>& values) const {
    Tiles x;
    TileRow inverse_sums;
    std::vector<float> powers;
    for (size_t first = 0; first < values.size(); first += kTileTokens) {
      const auto count = std::min<int64_t>(kTileTokens, static_cast<int64_t>(values.size() - first));
      x.reshape(kTileTokens, 2);
      std::fill_n(x.tile(0), kTileTokens, 0.0F);
      std::copy_n(values.data() + first, count, x.tile(0, 1));
      kernels_.softmax(x.tile(0), inverse_sums.tokens, 2, 4);
      powers.insert(powers.end(), x.tile(0, 1), x.tile(0, 1) + count);
    }
    return powers;
  }
};

TEST_P(EveryKernelOnRows, AnExponentialIsExactToTwoUnitsInTheLastPlace) {
  std::vector<float> values;
  for (int i = 0; i <= 87 * 512; ++i) values.push_back(-static_cast<float>(i) / 512.0F);
  for (float value = 1.0F; value > 1e-40F; value *= 0.37F) values.push_back(-value);
  const auto powers = exponentials(values);
  for (size_t i = 0; i < values.size(); ++i) {
    const double wanted = std::exp(static_cast<double>(values[i]));
    ASSERT_NEAR(powers[i] / wanted, 1.0, 2 * 1.2e-7) << values[i];
  }
}

TEST_P(EveryKernelOnRows, AnExponentialFarBelowZeroIsZeroAndThatOfNanIsNan) {
  const auto powers = exponentials({-87.5F, -104.0F, -1e10F, -std::numeric_limits<float>::infinity(), NAN});
  for (size_t i = 0; i < 4; ++i) EXPECT_EQ(powers[i], 0.0F) << i;
  EXPECT_TRUE(std::isnan(powers[4]));
}

TEST_P(EveryKernelOnRows, RowsAreScaledAtEveryLaneAndNothingElseIsWritten) {
  constexpr float kUntouched = -7.0F;
  const int64_t count = 3;
  std::vector<float> factors;
  for (int64_t t = 0; t < kTileTokens; ++t) factors.push_back(1.0F + static_cast<float>(t));
  Tiles x;
  x.reshape(kTileTokens, count);
  for (int64_t i = 0; i < count * kTileTokens; ++i) x.tile(0)[i] = static_cast<float>(i % 50) - 20.0F;
  for (int64_t lane = 0; lane < kTileTokens; lane += 5) {
    for (int64_t tokens = 1; lane + tokens <= kTileTokens; ++tokens) {
      const int64_t stride = tokens + 2;
      std::vector<float> y(static_cast<size_t>(count * stride), kUntouched);
      kernels_.scale_rows({.x = x.tile(0) + lane,
                           .x_stride = kTileTokens,
                           .y_stride = stride,
                           .factors = factors.data() + lane,
                           .count = count,
                           .num_tokens = tokens},
                          y.data());
      for (int64_t i = 0; i < count * stride; ++i) {
        const int64_t row = i / stride, t = i % stride;
        const float wanted =
            t < tokens ? x.at(lane + t, row) * factors[static_cast<size_t>(lane + t)] : kUntouched;
        ASSERT_EQ(y[static_cast<size_t>(i)], wanted) << lane << ", " << tokens << ": " << i;
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(OfThisMachine, EveryKernelOnRows, testing::ValuesIn(supported_kernels()),
                         [](const auto& test) { return std::string(test.param->name); });

}  // namespace
}  // namespace rpp
