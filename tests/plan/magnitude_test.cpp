#include "plan/magnitude.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <random>

#include "message_of.h"
#include "rpp/error.h"

namespace rpp {
namespace {

using Mask = std::vector<uint8_t>;
using Scores = std::vector<float>;

PruneGroup one_row(int64_t size) {
  return {.matrices = {{"w", 0, 1, size}}, .target_ratio = 0.5};
}

Mask pruned(Mask keep, const Scores& scores, const PruneGroup& group, int64_t target,
            RankBy rank_by = RankBy::magnitude) {
  prune_smallest_into(keep, scores, group, target, rank_by);
  return keep;
}

// The reference implementation: a stable sort of the kept entries.
Mask reference_prune(Mask keep, const Scores& scores, const PruneGroup& group, int64_t target,
                     RankBy rank_by) {
  std::vector<size_t> kept;
  int64_t zeros = 0;
  for (const auto& matrix : group.matrices) {
    for (int64_t i = matrix.offset; i < matrix.offset + matrix.rows * matrix.cols; ++i) {
      keep[static_cast<size_t>(i)] ? kept.push_back(static_cast<size_t>(i)) : void(++zeros);
    }
  }
  const auto rank = [&](size_t i) { return rank_by == RankBy::magnitude ? std::abs(scores[i]) : scores[i]; };
  std::stable_sort(kept.begin(), kept.end(), [&](size_t a, size_t b) { return rank(a) < rank(b); });
  for (int64_t i = 0; i < target - zeros; ++i) keep[kept[static_cast<size_t>(i)]] = 0;
  return keep;
}

TEST(PruneSmallest, PrunesTheSmallestMagnitudes) {
  EXPECT_EQ(pruned(Mask(6, 1), {0.3F, -0.1F, 0.2F, -0.6F, 0.5F, -0.4F}, one_row(6), 3),
            (Mask{0, 0, 0, 1, 1, 1}));
}

TEST(PruneSmallest, ByValuePrunesTheMostNegative) {
  EXPECT_EQ(pruned(Mask(6, 1), {0.3F, -0.1F, 0.2F, -0.6F, 0.5F, -0.4F}, one_row(6), 3, RankBy::value),
            (Mask{1, 0, 1, 0, 1, 0}));
}

TEST(PruneSmallest, TiesPruneTheLowerIndex) {
  EXPECT_EQ(pruned(Mask(6, 1), {0.2F, -0.2F, 0.2F, 0.1F, -0.2F, 0.2F}, one_row(6), 3),
            (Mask{0, 0, 1, 0, 1, 1}));
}

TEST(PruneSmallest, EntriesAlreadyPrunedCountAndStayPruned) {
  EXPECT_EQ(pruned({1, 1, 1, 1, 1, 0}, {0.0F, 0.3F, 0.0F, 0.5F, 0.4F, 9.0F}, one_row(6), 2),
            (Mask{0, 1, 1, 1, 1, 0}));
}

TEST(PruneSmallest, ALowerTargetPrunesNothingMore) {
  const Mask keep = {1, 1, 1, 0, 0, 0};
  EXPECT_EQ(pruned(keep, {0.1F, 0.2F, 0.3F, 0.4F, 0.5F, 0.6F}, one_row(6), 1), keep);
}

TEST(PruneSmallest, AllAndNothingAreValidTargets) {
  const Scores scores = {0.1F, 0.2F, 0.3F};
  EXPECT_EQ(pruned(Mask(3, 1), scores, one_row(3), 0), Mask(3, 1));
  EXPECT_EQ(pruned(Mask(3, 1), scores, one_row(3), 3), Mask(3, 0));
}

TEST(PruneSmallest, EntriesOutsideTheGroupAreUntouched) {
  const PruneGroup ends = {.matrices = {{"a", 0, 1, 2}, {"c", 4, 1, 2}}, .target_ratio = 0.5};
  EXPECT_EQ(pruned(Mask(6, 1), {5.0F, 1.0F, 0.0F, 0.0F, 2.0F, 3.0F}, ends, 2), (Mask{1, 0, 1, 1, 0, 1}));
}

// Values in few and in many histogram buckets, with ties, of sizes that threads cannot divide evenly.
TEST(PruneSmallest, EqualsAStableSort) {
  std::mt19937 random(1);
  for (const double spread : {1e-3, 1.0, 1e4}) {
    std::normal_distribution<float> normal(0.0F, static_cast<float>(spread));
    const PruneGroup group = {.matrices = {{"a", 3, 41, 37}, {"b", 2000, 29, 53}}, .target_ratio = 0.5};
    Scores scores(4000);
    for (auto& score : scores) score = std::round(normal(random) * 50) / 50;
    Mask keep(4000);
    for (auto& entry : keep) entry = random() % 5 != 0;
    for (const int64_t target : {600, 700, 1500, 3000}) {
      for (const auto rank_by : {RankBy::magnitude, RankBy::value}) {
        EXPECT_EQ(pruned(keep, scores, group, target, rank_by),
                  reference_prune(keep, scores, group, target, rank_by))
            << spread << " " << target;
      }
    }
  }
}

// Large enough to be split among threads.
TEST(PruneSmallest, ThreadsPruneTheExactNumber) {
  const int64_t size = 5 << 20;
  Scores scores(static_cast<size_t>(size));
  std::iota(scores.begin(), scores.end(), 1.0F);
  std::reverse(scores.begin(), scores.end());
  const PruneGroup group = {.matrices = {{"w", 0, 5, 1 << 20}}, .target_ratio = 0.5};
  const auto keep = pruned(Mask(scores.size(), 1), scores, group, size / 2);
  EXPECT_EQ(count_pruned(keep, group), size / 2);
  EXPECT_EQ(std::count(keep.begin(), keep.begin() + size / 2, uint8_t{0}), 0);
}

TEST(PruneSmallest, AScoreThatIsNotFiniteIsRefusedByMatrix) {
  const PruneGroup group = {.matrices = {{"query", 0, 1, 3}, {"key", 3, 1, 3}}, .target_ratio = 0.5};
  for (const float bad : {std::numeric_limits<float>::quiet_NaN(), -std::numeric_limits<float>::infinity()}) {
    Scores scores(6, 1.0F);
    scores[3] = bad;
    try {
      pruned(Mask(6, 1), scores, group, 3);
      FAIL() << "accepted";
    } catch (const Error& error) {
      EXPECT_NE(std::string(error.what()).find("weights of key"), std::string::npos) << error.what();
    }
  }
}

TEST(PruneSmallest, ByValueANonFiniteScoreOfEitherSignIsRefused) {
  for (const float bad : {std::numeric_limits<float>::infinity(), -std::numeric_limits<float>::infinity(),
                          std::nanf(""), -std::nanf("")}) {
    EXPECT_THROW(pruned(Mask(3, 1), {1.0F, bad, 2.0F}, one_row(3), 1, RankBy::value), Error) << bad;
  }
}

TEST(PruneSmallest, TheErrorNamesTheMatrixOfANonFiniteScore) {
  const PruneGroup group = {.matrices = {{"query", 0, 1, 3}, {"key", 3, 1, 3}}, .target_ratio = 0.5};
  const float bad = std::numeric_limits<float>::infinity();
  EXPECT_NE(message_of([&] {
              pruned({0, 1, 1, 1, 1, 1}, {bad, 1, 1, 1, bad, 1}, group, 3);
            }).find("weights of key"),
            std::string::npos);
}

}  // namespace
}  // namespace rpp
