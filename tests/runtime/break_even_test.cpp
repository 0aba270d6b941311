#include "runtime/break_even.h"

#include <gtest/gtest.h>

#include "exported_model.h"
#include "runtime/weights.h"

namespace rpp {
namespace {

TEST(BreakEven, IsTheIntersectionOfTheSparseAndDenseTimes) {
  EXPECT_NEAR(break_even({.prune_ratio = 0.4, .share = 1.28}, {.prune_ratio = 0.6, .share = 0.88}), 0.5,
              1e-12);
  EXPECT_NEAR(break_even({.prune_ratio = 0.4, .share = 1.18}, {.prune_ratio = 0.6, .share = 0.98}), 0.5,
              1e-12);
}

TEST(BreakEven, StaysBetweenItsLimits) {
  EXPECT_EQ(break_even({.prune_ratio = 0.4, .share = 9.0}, {.prune_ratio = 0.6, .share = 8.0}),
            kAlwaysSparseFrom);
  EXPECT_EQ(break_even({.prune_ratio = 0.4, .share = 0.1}, {.prune_ratio = 0.6, .share = 0.05}),
            kNeverSparseBelow);
}

TEST(BreakEven, FallsBackToTheUpperLimitForANoisyMeasurement) {
  EXPECT_EQ(break_even({.prune_ratio = 0.4, .share = 0.5}, {.prune_ratio = 0.6, .share = 0.5}),
            kAlwaysSparseFrom);
}

TEST(BreakEven, IsMeasuredOnceForEachSetOfKernels) {
  for (const Kernels* kernels : supported_kernels()) {
    const double ratio = break_even_ratio(*kernels);
    EXPECT_GE(ratio, kNeverSparseBelow);
    EXPECT_LE(ratio, kAlwaysSparseFrom);
    EXPECT_EQ(break_even_ratio(*kernels), ratio);
  }
}

}  // namespace
}  // namespace rpp
