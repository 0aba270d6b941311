#include "analysis/zero_statistics.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>

#include "data/fake_tokenizer.h"

namespace rpp::test {
namespace {

template <typename T>
TensorView matrix_of(std::span<const T> values, Dtype dtype, std::vector<int64_t> shape) {
  TensorView view;
  view.name = "w";
  view.dtype = dtype;
  view.shape = std::move(shape);
  view.data = std::as_bytes(values);
  return view;
}

ZeroCounts counts_of(const std::vector<float>& values, int64_t rows, int64_t cols) {
  return count_zeros(matrix_of(std::span(values), Dtype::f32, {rows, cols}));
}

TEST(CountZeros, CountsByRowAndByColumn) {
  const auto counts = counts_of({0, 0, 0,  //
                                 0, 5, 6},
                                2, 3);
  EXPECT_EQ(counts.in_row, (std::vector<int64_t>{3, 1}));
  EXPECT_EQ(counts.in_col, (std::vector<int64_t>{2, 1, 1}));
  EXPECT_EQ(counts.dead_rows(), 1);
  EXPECT_EQ(counts.dead_cols(), 1);
  EXPECT_DOUBLE_EQ(counts.ratio(), 4.0 / 6);
}

TEST(CountZeros, NegativeZeroCountsAndTinyOrNanValuesDoNot) {
  const float tiny = std::numeric_limits<float>::denorm_min();
  EXPECT_EQ(counts_of({-0.0F, tiny, -tiny, std::nanf("")}, 1, 4).in_col, (std::vector<int64_t>{1, 0, 0, 0}));
}

TEST(CountZeros, HalfPrecisionZerosCountToo) {
  const std::vector<uint16_t> halves = {0x0000, 0x8000, 0x0001, 0x3c00};
  EXPECT_EQ(count_zeros(matrix_of(std::span<const uint16_t>(halves), Dtype::f16, {2, 2})).in_row,
            (std::vector<int64_t>{2, 0}));
  EXPECT_EQ(count_zeros(matrix_of(std::span<const uint16_t>(halves), Dtype::bf16, {2, 2})).zeros(), 2);
}

TEST(CountZeros, ATensorThatIsNotAFloatMatrixIsRefusedByName) {
  const std::vector<int32_t> ids = {0, 1};
  const auto vector = matrix_of(std::span<const int32_t>(ids), Dtype::f32, {2});
  EXPECT_EQ(message_of([&] { count_zeros(vector); }), "tensor w has 1 dimensions, a matrix has two");
  const auto integers = matrix_of(std::span<const int32_t>(ids), Dtype::i32, {1, 2});
  EXPECT_EQ(message_of([&] { count_zeros(integers); }),
            "tensor w is I32, weights must be F64, F32, F16 or BF16");
}

// Values of scipy.stats.chi2.sf 1.17.
TEST(ChiSquaredTail, AgreesWithScipy) {
  const auto expect_tail = [](double x, double freedom, double expected) {
    EXPECT_NEAR(chi_squared_tail(x, freedom) / expected, 1.0, 1e-11) << x << " " << freedom;
  };
  expect_tail(3, 2, 0.22313016014842982);
  expect_tail(0.5, 1, 0.47950012218695337);
  expect_tail(10, 10, 0.44049328506521257);
  expect_tail(20, 10, 0.029252688076961124);
  expect_tail(383, 383, 0.49039014413246435);
  expect_tail(470, 383, 0.0015564038616318406);
  expect_tail(1200, 383, 5.0166002987908273e-85);
  expect_tail(2000, 2047, 0.7672478243755186);
  expect_tail(25, 1, 5.733031437583875e-07);
  expect_tail(1e-3, 7, 0.9999999999997597);
}

TEST(ChiSquaredTail, EndsAtOneAndZero) {
  EXPECT_EQ(chi_squared_tail(0, 5), 1.0);
  EXPECT_EQ(chi_squared_tail(1e6, 383), 0.0);
}

TEST(LineSpread, MatchesAHandCalculation) {
  // 4 zeros of 6 in 2 rows: m = 2, v = 2 * 2 / 5 = 0.8, squares 1 + 1.
  const std::vector<int64_t> rows = {3, 1};
  const auto spread = line_spread(rows, 3);
  EXPECT_DOUBLE_EQ(spread.chi_squared, 2.0 / 0.8);
  EXPECT_EQ(spread.degrees_of_freedom, 1);
  EXPECT_DOUBLE_EQ(spread.effect, std::sqrt(2.5));
  EXPECT_DOUBLE_EQ(spread.deviation, std::sqrt(2.0) / 3);   // of 1 and 1/3
  EXPECT_NEAR(spread.p_value, 0.11384629800665805, 1e-12);  // scipy.stats.chi2.sf(2.5, 1)
}

// Compares the closed form with permuted masks of 12 x 20 with 70 zeros.
TEST(LineSpread, APermutedMaskMatchesChance) {
  constexpr int64_t kRows = 12, kCols = 20, kPermutations = 1000;
  std::vector<float> mask(kRows * kCols, 1.0F);
  std::fill_n(mask.begin(), 70, 0.0F);
  std::mt19937_64 random(7);
  double row_sum = 0.0, col_sum = 0.0;
  int64_t row_rejections = 0, col_rejections = 0;
  for (int64_t i = 0; i < kPermutations; ++i) {
    std::shuffle(mask.begin(), mask.end(), random);
    const auto counts = counts_of(mask, kRows, kCols);
    const auto rows = line_spread(counts.in_row, kCols), cols = line_spread(counts.in_col, kRows);
    row_sum += rows.chi_squared;
    col_sum += cols.chi_squared;
    row_rejections += rows.p_value < 0.05 ? 1 : 0;
    col_rejections += cols.p_value < 0.05 ? 1 : 0;
  }
  // Four standard errors: the statistic's deviation is sqrt(2 * freedom), a rejection rate's sqrt(0.05 * 0.95
  // / n).
  EXPECT_NEAR(row_sum / kPermutations, kRows - 1, 4 * std::sqrt(2.0 * (kRows - 1) / kPermutations));
  EXPECT_NEAR(col_sum / kPermutations, kCols - 1, 4 * std::sqrt(2.0 * (kCols - 1) / kPermutations));
  EXPECT_NEAR(static_cast<double>(row_rejections) / kPermutations, 0.05, 0.028);
  EXPECT_NEAR(static_cast<double>(col_rejections) / kPermutations, 0.05, 0.028);
}

TEST(LineSpread, DeadRowsIncreaseTheRowSpreadOnly) {
  std::vector<float> mask(40 * 30, 1.0F);
  std::fill_n(mask.begin(), 20 * 30, 0.0F);  // rows 0 to 19
  const auto counts = counts_of(mask, 40, 30);
  const auto rows = line_spread(counts.in_row, 30), cols = line_spread(counts.in_col, 40);
  EXPECT_GT(rows.effect, 5.0);
  EXPECT_LT(rows.p_value, 1e-100);
  EXPECT_EQ(cols.effect, 0.0);  // every column has exactly 20
  EXPECT_EQ(cols.p_value, 1.0);
}

TEST(LineSpread, FullAndEmptyMasksMatchChance) {
  for (const std::vector<int64_t>& zeros : {std::vector<int64_t>{0, 0, 0}, {5, 5, 5}, {3}, {}}) {
    EXPECT_EQ(line_spread(zeros, 5).effect, 1.0);
    EXPECT_EQ(line_spread(zeros, 5).p_value, 1.0);
  }
}

TEST(GroupedSpread, AddsUpToTheLineSpread) {
  const std::vector<int64_t> rows = {3, 1, 0, 2, 5, 4};
  const auto all = line_spread(rows, 6);
  const auto groups = grouped_spread(rows, 6, 2);
  EXPECT_NEAR(groups.between.chi_squared + groups.within.chi_squared, all.chi_squared, 1e-12);
  EXPECT_EQ(groups.between.degrees_of_freedom, 2);
  EXPECT_EQ(groups.within.degrees_of_freedom, 3);
  // Within the groups: deviations 1, 1, 0.5 on either side; v = 2.5 * 21 / 35.
  EXPECT_NEAR(groups.within.chi_squared, 2 * (1.0 + 1.0 + 0.25) / 1.5, 1e-12);
  EXPECT_NEAR(groups.within.deviation, std::sqrt(4.5 / 3) / 6, 1e-12);
  EXPECT_NEAR(groups.within.effect, 1.0, 1e-12);
}

TEST(GroupedSpread, WholeGroupsHaveNoSpreadWithin) {
  const std::vector<int64_t> rows = {5, 5, 5, 1, 1, 1};
  const auto groups = grouped_spread(rows, 6, 3);
  EXPECT_GT(groups.between.effect, 3.0);
  EXPECT_NEAR(groups.within.effect, 0.0, 1e-6);
  EXPECT_NEAR(groups.within.p_value, 1.0, 1e-6);
}

TEST(GroupedSpread, WithoutZerosMatchesChance) {
  const std::vector<int64_t> rows = {0, 0, 0, 0};
  EXPECT_EQ(grouped_spread(rows, 6, 2).between.effect, 1.0);
  EXPECT_EQ(grouped_spread(rows, 6, 2).within.effect, 1.0);
}

// Values of scipy.stats.hypergeom.pmf 1.17.
TEST(OverlapDistribution, IsHypergeometric) {
  const auto probability = overlap_distribution(10, 5, 3);
  ASSERT_EQ(probability.size(), 4U);
  EXPECT_NEAR(probability[0], 0.08333333333333333, 1e-12);
  EXPECT_NEAR(probability[1], 0.41666666666666667, 1e-12);
  EXPECT_NEAR(probability[3], 0.08333333333333333, 1e-12);
}

TEST(OverlapDistribution, ForcedOverlapsAreCertain) {
  EXPECT_EQ(overlap_distribution(4, 3, 3)[1], 0.0);
  EXPECT_NEAR(overlap_distribution(4, 4, 2)[2], 1.0, 1e-12);
  EXPECT_EQ(overlap_distribution(4, 0, 2), std::vector<double>{1.0});
}

// `dead` lines of 10 zeros among `size` lines, starting at `first`; the others have `other` zeros.
std::vector<int64_t> lines(int64_t size, int64_t first, int64_t dead, int64_t other = 3) {
  std::vector<int64_t> zeros(static_cast<size_t>(size), other);
  std::fill_n(zeros.begin() + first, dead, 10);
  return zeros;
}

TEST(PairLines, CoincidingDeadDimensionsUseFishersExactTest) {
  const auto query = lines(32, 0, 8), key = lines(32, 3, 9);  // 3 to 7 in both
  const PairedLines head{.zeros_a = query, .zeros_b = key, .length_a = 10, .length_b = 10};
  const auto pairing = pair_lines("query and key", {&head, 1});
  EXPECT_EQ(pairing.dead_a, 8);
  EXPECT_EQ(pairing.dead_b, 9);
  EXPECT_EQ(pairing.dead_both, 5);
  EXPECT_DOUBLE_EQ(pairing.expected_both, 2.25);
  // scipy.stats.fisher_exact([[5, 3], [4, 20]], alternative="greater") 1.17
  EXPECT_NEAR(pairing.dead_p_value, 0.023315079432988217, 1e-12);
}

TEST(PairLines, ChanceIsComputedWithinGroups) {
  const auto a0 = lines(8, 0, 2), b0 = lines(8, 1, 3), a1 = lines(6, 0, 1), b1 = lines(6, 0, 4);
  const std::vector<PairedLines> heads = {{.zeros_a = a0, .zeros_b = b0, .length_a = 10, .length_b = 10},
                                          {.zeros_a = a1, .zeros_b = b1, .length_a = 10, .length_b = 10}};
  const auto pairing = pair_lines("query and key", heads);
  EXPECT_EQ(pairing.dead_both, 2);
  EXPECT_DOUBLE_EQ(pairing.expected_both, 2.0 * 3 / 8 + 1.0 * 4 / 6);
  // numpy.convolve of scipy.stats.hypergeom.pmf(., 8, 2, 3) and (., 6, 1, 4): 0.39285714 + 0.07142857
  EXPECT_NEAR(pairing.dead_p_value, 0.46428571428571, 1e-12);
}

TEST(PairLines, WithoutDeadLinesNothingCoincides) {
  const auto zeros = lines(8, 0, 0);
  const PairedLines head{.zeros_a = zeros, .zeros_b = zeros, .length_a = 10, .length_b = 10};
  const auto pairing = pair_lines("query and key", {&head, 1});
  EXPECT_EQ(pairing.expected_both, 0.0);
  EXPECT_EQ(pairing.dead_p_value, 1.0);
  EXPECT_EQ(pairing.correlation, 0.0);  // all fractions equal
  EXPECT_EQ(pairing.correlation_p, 1.0);
}

TEST(PairLines, TheCorrelationUsesTheFractions) {
  const std::vector<int64_t> query = {1, 2, 3, 4, 5, 6, 7, 8}, key = {4, 8, 12, 16, 20, 24, 28, 32};
  const PairedLines head{.zeros_a = query, .zeros_b = key, .length_a = 10, .length_b = 40};
  EXPECT_NEAR(pair_lines("", {&head, 1}).correlation, 1.0, 1e-12);
  EXPECT_LT(pair_lines("", {&head, 1}).correlation_p, 1e-12);
}

TEST(PairLines, DifferencesBetweenHeadsDoNotCorrelate) {
  // Within each head: (1,1), (1,2), (2,1), (2,2): no correlation. The second head has nine more of both.
  const std::vector<int64_t> a0 = {1, 1, 2, 2}, b0 = {1, 2, 1, 2}, a1 = {10, 10, 11, 11},
                             b1 = {10, 11, 10, 11};
  const std::vector<PairedLines> heads = {{.zeros_a = a0, .zeros_b = b0, .length_a = 20, .length_b = 20},
                                          {.zeros_a = a1, .zeros_b = b1, .length_a = 20, .length_b = 20}};
  EXPECT_NEAR(pair_lines("", heads).correlation, 0.0, 1e-12);
}

TEST(PairLines, TheCorrelationPValueAccountsForGroups) {
  const std::vector<int64_t> a = {1, 1, 2, 2, 0, 0, 3, 3};
  const std::vector<int64_t> b = {1, 1, 2, 2, 3, 0, 3, 0};
  const std::vector<PairedLines> heads = {
      {.zeros_a = std::span(a).first(4), .zeros_b = std::span(b).first(4), .length_a = 9, .length_b = 9},
      {.zeros_a = std::span(a).last(4), .zeros_b = std::span(b).last(4), .length_a = 9, .length_b = 9}};
  const auto pairing = pair_lines("", heads);
  // Sums of products of the deviations: aa = 1 + 9, bb = 1 + 9, ab = 1 + 0.
  EXPECT_NEAR(pairing.correlation, 0.1, 1e-12);
  // 2 * scipy.stats.norm.sf(arctanh(0.1) * sqrt(8 - 2 - 2)) 1.17
  EXPECT_NEAR(pairing.correlation_p, 0.8409560752195644, 1e-12);
}

TEST(PairLines, UnequalGroupsAreRefused) {
  const std::vector<int64_t> two = {1, 2}, three = {1, 2, 3};
  const PairedLines head{.zeros_a = two, .zeros_b = three, .length_a = 9, .length_b = 9};
  EXPECT_EQ(message_of([&] {
              pair_lines("query and key", {&head, 1});
            }),
            "query and key: 2 lines are paired with 3");
  const PairedLines longer{.zeros_a = three, .zeros_b = two, .length_a = 9, .length_b = 9};
  EXPECT_EQ(message_of([&] {
              pair_lines("query and key", {&longer, 1});
            }),
            "query and key: 3 lines are paired with 2");
}

}  // namespace
}  // namespace rpp::test
