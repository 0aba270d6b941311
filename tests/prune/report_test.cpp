#include "rpp/prune/report.h"

#include <gtest/gtest.h>

#include <limits>

#include "fake_model.h"
#include "rpp/ops/torch.h"

namespace rpp::test {
namespace {

// "query" 3 zeros of 42, "key" none, "output" 5 of 45; 133 parameters with the bias.
FlatParams some_zeros() {
  FlatParams params(three_matrices(1));
  params.values().narrow(0, 10, 3).zero_();
  params.values().narrow(0, 84, 5).zero_();
  return params;
}

TEST(SparsityReport, CountsEveryMatrixAndBothRatios) {
  const auto params = some_zeros();
  const auto report = sparsity_report(params, params.size());
  ASSERT_EQ(report.matrices.size(), 3U);
  EXPECT_EQ(report.matrices[0].name, "query");
  EXPECT_EQ(report.matrices[0].zeros, 3);
  EXPECT_EQ(report.matrices[1].zeros, 0);
  EXPECT_DOUBLE_EQ(report.matrices[2].ratio(), 5.0 / 45);
  EXPECT_DOUBLE_EQ(report.encoder_ratio(), 8.0 / 129);
  EXPECT_DOUBLE_EQ(report.whole_model_ratio(), 8.0 / 133);
}

TEST(SparsityReport, OutsideTheMatricesNoZeroCounts) {
  const auto params = some_zeros();
  params.values().narrow(0, 129, 4).zero_();  // the bias
  EXPECT_EQ(sparsity_report(params, params.size()).zeros(), 8);
}

TEST(SparsityReport, NegativeZeroIsAZeroAndATinyWeightIsNot) {
  const std::vector<float> values = {0.0F, -0.0F, std::numeric_limits<float>::denorm_min(), 1.0F};
  const NamedSpan matrix{.name = "w", .values = values};
  EXPECT_EQ(sparsity_report(std::span(&matrix, 1), 4).zeros(), 2);
}

TEST(SparsityReport, AModelWithoutMatricesHasRatioZero) {
  const auto report = sparsity_report(std::span<const NamedSpan>(), 0);
  EXPECT_EQ(report.encoder_ratio(), 0.0);
  EXPECT_EQ(report.whole_model_ratio(), 0.0);
}

TEST(SparsityReport, TheRatiosOfThePaperAreBothLabelled) {
  // BERT-base: 84,934,656 prunable of 109,514,810.
  const SparsityReport report{.matrices = {{"all", 50'366'251, 84'934'656}}, .total_parameters = 109'514'810};
  EXPECT_EQ(format_ratios(report),
            "encoder ratio 59.3 % (50,366,251 zeros of 84,934,656 prunable)\n"
            "whole-model ratio 46.0 % (the same zeros of 109,514,810 parameters)\n");
}

TEST(SparsityReport, TheTableHasARowPerMatrix) {
  const SparsityReport report{.matrices = {{"query", 512, 1024}, {"intermediate", 0, 2048}},
                              .total_parameters = 4096};
  EXPECT_EQ(format_report(report),
            "matrix               zeros          size    ratio\n"
            "query                  512         1,024   50.0 %\n"
            "intermediate             0         2,048    0.0 %\n"
            "encoder ratio 16.7 % (512 zeros of 3,072 prunable)\n"
            "whole-model ratio 12.5 % (the same zeros of 4,096 parameters)\n");
}

TEST(DriftReport, WithoutDriftItCountsWhatTheMaskPrunes) {
  const auto params = some_zeros();
  const auto mask = params.values().narrow(0, 0, 129).ne(0).to(torch::kUInt8);
  const auto report = drift_report(params.values(), mask, params.matrices());
  EXPECT_EQ(report.masked, 8);
  EXPECT_EQ(report.drifted, 0);
  EXPECT_TRUE(report.first_matrix.empty());
  EXPECT_EQ(format_drift(report), "0 of 8 zeros drifted");
}

TEST(DriftReport, NamesTheFirstMatrixThatMoved) {
  const auto params = some_zeros();
  const auto mask = params.values().narrow(0, 0, 129).ne(0).to(torch::kUInt8);
  params.values()[84] = 1e-30F;
  params.values()[86] = std::numeric_limits<float>::quiet_NaN();
  params.values()[50] = 1.0F;  // kept: may move
  const auto report = drift_report(params.values(), mask, params.matrices());
  EXPECT_EQ(report.drifted, 2);
  EXPECT_EQ(report.first_matrix, "output");
  EXPECT_EQ(report.first_drifted, 2);
  EXPECT_EQ(format_drift(report), "2 of 8 zeros drifted");
}

TEST(DriftReport, AZeroThatTheMaskKeepsIsNoDrift) {
  const auto params = some_zeros();
  const auto report = drift_report(params.values(), torch::ones({129}, torch::kUInt8), params.matrices());
  EXPECT_EQ(report.masked, 0);
  EXPECT_EQ(report.drifted, 0);
}

}  // namespace
}  // namespace rpp::test
