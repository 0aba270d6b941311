#include <gtest/gtest.h>

#include "measure/benches.h"
#include "message_of.h"

namespace rpp {
namespace {

TEST(MatmulBench, HasALineForEachMatrixAndRatioInOrder) {
  const auto lines =
      bench_matmul({.rows = {64, 32}, .cols = {16, 8}, .ratios = {0.9, 0.5}, .tokens = 5, .repeat = 1});
  ASSERT_EQ(lines.size(), 4U);
  EXPECT_EQ(lines[1].at("rows"), 64);
  EXPECT_EQ(lines[1].at("prune_ratio"), 0.9);
  EXPECT_EQ(lines[2].at("cols"), 8);
  EXPECT_EQ(lines[2].at("prune_ratio"), 0.5);
  for (const auto& line : lines) {
    const double dense = line.at("dense_gflops"), sparse = line.at("sparse_effective_gflops");
    EXPECT_NEAR(line.at("speedup"), sparse / dense, 1e-9 * sparse / dense);
  }
}

Measurement product(int64_t rows, double prune_ratio, double speedup) {
  return {{"rows", rows}, {"cols", 8}, {"prune_ratio", prune_ratio}, {"speedup", speedup}};
}

TEST(MatmulBench, TheBreakEvenRatioIsInterpolatedBetweenTwoMeasuredRatios) {
  // The sparse time falls from twice to half the dense time: equal after two thirds of the way.
  EXPECT_EQ(conclude_matmul({product(4, 0.3, 0.5), product(4, 0.6, 2.0), product(4, 0.9, 9.0)}),
            "4 x 8 is faster sparse than dense from 50 % zeros on.\n");
}

TEST(MatmulBench, ReportsABreakEvenOutsideTheMeasuredRange) {
  EXPECT_EQ(conclude_matmul({product(4, 0.3, 1.5), product(4, 0.6, 2.0), product(2, 0.6, 0.9)}),
            "4 x 8 is faster sparse than dense from 30 % zeros or fewer, the least measured.\n"
            "2 x 8 is faster sparse than dense not even at 60 % zeros, the most measured.\n");
}

TEST(MatmulBench, RowsAndColumnsArePairs) {
  EXPECT_EQ(message_of([] { bench_matmul({.rows = {1, 2}, .cols = {1}}); }), "--rows and --cols are pairs");
}

}  // namespace
}  // namespace rpp
