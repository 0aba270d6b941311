// Arrays in both precisions for kernels and reference loops, and the tolerance for their results.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <random>
#include <vector>

#include "core/small_floats.h"
#include "ops/cuda_launch.h"

namespace rpp::test {

template <typename T>
std::vector<T> random_values(int64_t size, uint32_t seed, float deviation = 1.0F) {
  std::mt19937 random(seed);
  std::normal_distribution<float> normal(0.0F, deviation);
  std::vector<T> values(static_cast<size_t>(size));
  for (T& value : values) store(&value, normal(random));
  return values;
}

// Sums run in a different order, and bf16 may round the other way.
template <typename T>
constexpr float kTolerance = sizeof(T) == sizeof(float) ? 3e-6F : 8e-3F;

template <typename T>
void expect_near(const std::vector<T>& got, const std::vector<T>& wanted, float scale = 1.0F) {
  ASSERT_EQ(got.size(), wanted.size());
  for (size_t i = 0; i < got.size(); ++i) {
    const float a = to_float(got[i]), b = to_float(wanted[i]);
    ASSERT_NEAR(a, b, kTolerance<T> * scale * std::max(1.0F, std::abs(b))) << "element " << i;
  }
}

// The grid sizes of the last launches, as {x, y}.
inline std::vector<std::pair<unsigned, unsigned>> taken_blocks() {
  std::vector<std::pair<unsigned, unsigned>> blocks;
  for (const auto& launched : cuda_emulation::take_launches()) {
    blocks.emplace_back(launched.gridDim.x, launched.gridDim.y);
  }
  return blocks;
}

using Blocks = std::vector<std::pair<unsigned, unsigned>>;
using BothPrecisions = testing::Types<float, uint16_t>;

}  // namespace rpp::test
