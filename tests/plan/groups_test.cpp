#include "plan/groups.h"

#include <gtest/gtest.h>

#include "rpp/error.h"

namespace rpp {
namespace {

const std::vector<FlatMatrix> kMatrices = {{"layer.0.query", 0, 2, 3},
                                           {"layer.0.output", 6, 2, 2},
                                           {"layer.1.query", 10, 2, 3},
                                           {"layer.1.output", 16, 2, 2}};

PruneConfig config_with(std::vector<std::string> exclude, std::vector<std::string> ratios = {}) {
  PruneConfig config;
  config.target_ratio = 0.5;
  config.exclude = std::move(exclude);
  config.ratios = std::move(ratios);
  return config;
}

std::vector<std::string> names_of(const PruneGroup& group) {
  std::vector<std::string> names;
  for (const auto& matrix : group.matrices) names.push_back(matrix.name);
  return names;
}

std::string refusal(const PruneConfig& config) {
  try {
    prune_groups(config, kMatrices, Ranking::global);
  } catch (const UsageError& error) {
    return error.what();
  }
  return "accepted";
}

TEST(PruneGroups, EachMatrixIsAGroupOrAllFormOne) {
  EXPECT_EQ(prune_groups(config_with({}), kMatrices, Ranking::matrix).size(), 4U);
  const auto global = prune_groups(config_with({}), kMatrices, Ranking::global);
  ASSERT_EQ(global.size(), 1U);
  EXPECT_EQ(global[0].size(), 20);
}

TEST(PruneGroups, ExcludedMatricesAreInNoGroup) {
  const auto groups = prune_groups(config_with({"layer.0.*"}), kMatrices, Ranking::global);
  ASSERT_EQ(groups.size(), 1U);
  EXPECT_EQ(names_of(groups[0]), (std::vector<std::string>{"layer.1.query", "layer.1.output"}));
}

TEST(PruneGroups, TheFirstMatchingPatternWinsAfterExclusion) {
  const auto groups = prune_groups(config_with({"layer.1.output"}, {"layer.1.*=0.9", "*.query=0.25"}),
                                   kMatrices, Ranking::global);
  ASSERT_EQ(groups.size(), 3U);
  EXPECT_EQ(names_of(groups[0]), (std::vector<std::string>{"layer.0.query"}));
  EXPECT_DOUBLE_EQ(groups[0].target_ratio, 0.25);
  EXPECT_EQ(names_of(groups[1]), (std::vector<std::string>{"layer.0.output"}));
  EXPECT_DOUBLE_EQ(groups[1].target_ratio, 0.5);
  EXPECT_EQ(names_of(groups[2]), (std::vector<std::string>{"layer.1.query"}));
  EXPECT_DOUBLE_EQ(groups[2].target_ratio, 0.9);
}

TEST(PruneGroups, APatternWithoutAMatchIsRefusedNamingAnExistingMatrix) {
  EXPECT_EQ(refusal(config_with({"layer.7.*"})),
            "prune.exclude: 'layer.7.*' matches no matrix; the matrices are named like layer.0.query");
  EXPECT_EQ(refusal(config_with({}, {"query=0.5"})),
            "prune.ratios: 'query' matches no matrix; the matrices are named like layer.0.query");
}

TEST(PruneGroups, RatiosMustReadPatternEqualsRatio) {
  for (const auto* entry :
       {"*.query", "*.query=", "*.query=1", "*.query=-0.1", "*.query=0.5x", "*.query=nan"}) {
    EXPECT_NE(refusal(config_with({}, {entry})).find("must read pattern=ratio"), std::string::npos) << entry;
  }
}

TEST(PruneGroups, ARatioIsAtLeastZeroAndBelowOne) {
  const auto target_of = [](const std::string& entry) {
    return prune_groups(config_with({}, {entry}), kMatrices, Ranking::matrix).front().target_ratio;
  };
  EXPECT_EQ(target_of("layer.0.query=0"), 0);
  EXPECT_EQ(target_of("layer.0.query=0.999"), 0.999);
}

TEST(PruneGroups, ExcludingEverythingIsRefused) {
  EXPECT_NE(refusal(config_with({"*"})).find("leaves no matrix to prune"), std::string::npos);
}

}  // namespace
}  // namespace rpp
