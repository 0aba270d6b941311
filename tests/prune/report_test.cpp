#include "prune/report.h"

#include <gtest/gtest.h>

#include <limits>

#include "fake_model.h"
#include "ops/torch.h"

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

TEST(SparsityReport, OnlyZerosInPrunableMatricesCount) {
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

TEST(SparsityReport, BothRatiosOfThePaperAreLabelled) {
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
  params.values()[50] = 1.0F;  // kept by the mask, so it may move
  const auto report = drift_report(params.values(), mask, params.matrices());
  EXPECT_EQ(report.drifted, 2);
  EXPECT_EQ(report.first_matrix, "output");
  EXPECT_EQ(report.first_drifted, 2);
  EXPECT_EQ(format_drift(report), "2 of 8 zeros drifted");
}

TEST(DriftReport, NamesTheFirstOfSeveralMatricesWithItsOwnCount) {
  const FlatParams params(three_matrices(1));  // without zeros
  auto mask = torch::ones({129}, torch::kUInt8);
  mask.narrow(0, 42, 3).zero_();  // of key
  mask.narrow(0, 84, 5).zero_();  // of output
  const auto report = drift_report(params.values(), mask, params.matrices());
  EXPECT_EQ(report.drifted, 8);
  EXPECT_EQ(report.first_matrix, "key");
  EXPECT_EQ(report.first_drifted, 3);
}

TEST(DriftReport, AZeroThatTheMaskKeepsIsNotDrift) {
  const auto params = some_zeros();
  const auto report = drift_report(params.values(), torch::ones({129}, torch::kUInt8), params.matrices());
  EXPECT_EQ(report.masked, 0);
  EXPECT_EQ(report.drifted, 0);
}

std::string missed(const PruneConfig& config, int64_t zeros_of_query, int64_t zeros_of_all) {
  const FlatParams params(three_matrices(1));
  auto mask = torch::ones({params.num_prunable()}, torch::kUInt8);
  mask.narrow(0, 0, zeros_of_query).zero_();
  mask.narrow(0, params.num_prunable() - (zeros_of_all - zeros_of_query), zeros_of_all - zeros_of_query)
      .zero_();
  return missed_ratios(config, params.matrices(), mask);
}

TEST(MissedRatios, NameTheFirstMatrixAndTheTotalWithBothNumbers) {
  const PruneConfig config{.method = PruneMethod::nip, .target_ratio = 0.5};
  EXPECT_EQ(
      missed(config, 32, 32),
      "a target ratio was missed: query should have 50.00 % zeros and has 76.19 %, and so 3 of 3 matrices "
      "or groups; the encoder should have 50.00 % and has 24.81 %: zeros of the initial model are kept: "
      "set a higher target, or set prune.hold_zeros to false");
}

// The targets are 21 of 42, 21 of 42 and 22.5 of 45.
TEST(MissedRatios, ADifferenceOfOneEntryIsAccepted) {
  const PruneConfig config{.method = PruneMethod::gradual, .target_ratio = 0.5};
  EXPECT_EQ(missed({.method = PruneMethod::gradual, .target_ratio = 0.0}, 1, 1), "");
  EXPECT_NE(missed({.method = PruneMethod::gradual, .target_ratio = 0.0}, 2, 2), "");
  auto own = config;
  own.exclude = {"key", "output"};
  EXPECT_EQ(missed(own, 20, 20), "");
  EXPECT_EQ(missed(own, 22, 22), "");
  EXPECT_NE(missed(own, 19, 19), "");
  EXPECT_NE(missed(own, 23, 23), "");
}

TEST(MissedRatios, OffsettingGroupsAreStillReported) {
  PruneConfig config{.method = PruneMethod::rpp, .target_ratio = 0.5, .ratios = {"output=0.2"}};
  // The targets are 42 + 9 zeros; 42 + 9 exist, but 20 of them in the wrong group.
  const std::string message = missed(config, 22, 51);
  EXPECT_NE(message.find("query and 1 more matrices should have 50.00 % zeros and has 26.19 %"),
            std::string::npos)
      << message;
  EXPECT_NE(message.find("2 of 2 matrices or groups"), std::string::npos) << message;
  EXPECT_NE(message.find("higher optimizer.learning_rate"), std::string::npos) << message;
}

TEST(MissedRatios, TheAdviceDependsOnTheMethod) {
  EXPECT_NE(missed({.method = PruneMethod::soft_movement, .target_ratio = 0.5}, 3, 3).find("score_penalty"),
            std::string::npos);
  EXPECT_NE(missed({.method = PruneMethod::rpp, .target_ratio = 0.5, .rpp = {.gamma = 1}}, 3, 3)
                .find("with prune.gamma 0"),
            std::string::npos);
  EXPECT_NE(missed({.method = PruneMethod::movement, .target_ratio = 0.5}, 3, 3).find("train for more steps"),
            std::string::npos);
  EXPECT_EQ(missed({.method = PruneMethod::fixed, .target_ratio = 0.5}, 3, 3), "");
  EXPECT_EQ(missed({.method = PruneMethod::dense, .target_ratio = 0.5}, 3, 3), "");
}

}  // namespace
}  // namespace rpp::test
