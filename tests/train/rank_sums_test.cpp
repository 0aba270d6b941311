#include "train/rank_sums.h"

#include <gtest/gtest.h>

#include <cmath>

#include "dist/thread_ranks.h"
#include "ops/torch.h"

namespace rpp::test {
namespace {

NamedTensors losses(const std::vector<float>& values) {
  NamedTensors scalars;
  for (const float value : values) scalars.emplace_back("loss", torch::tensor(value));
  return scalars;
}

TEST(RankSums, ScalarsAreSummedByName) {
  NamedTensors scalars = losses({0.5F, 2.0F});
  scalars.emplace_back("accuracy", torch::tensor(0.25F));
  EXPECT_EQ(sum_over_ranks(single_process(), scalars), (Metrics{{"accuracy", 0.25}, {"loss", 2.5}}));
}

TEST(RankSums, SeveralRanksHaveTheBitsOfTheSumOfOne) {
  const std::vector<float> all = {0.1F, 0.2F, 0.3F, 1e9F, 0.5F, 0.6F, 0.7F};
  const Metrics one = sum_over_ranks(single_process(), losses(all));
  for (const int64_t size : {2, 3, 7}) {
    const auto sums = on_thread_ranks<Metrics>(size, [&](Communicator& ranks) {
      const auto first = all.begin() + 7 * ranks.rank() / size,
                 end = all.begin() + 7 * (ranks.rank() + 1) / size;
      return sum_over_ranks(ranks, losses({first, end}));
    });
    for (const auto& sum : sums) EXPECT_EQ(sum, one) << size;
  }
}

TEST(RankSums, ARankWithoutSamplesHasTheSumsOfTheOthers) {
  const auto sums = on_thread_ranks<Metrics>(2, [](Communicator& ranks) {
    return sum_over_ranks(ranks, losses(ranks.is_first() ? std::vector<float>() : std::vector{1.5F}));
  });
  for (const auto& sum : sums) EXPECT_EQ(sum, (Metrics{{"loss", 1.5}}));
}

TEST(RankSums, NanOfOneRankIsSeenByAll) {
  const auto sums = on_thread_ranks<Metrics>(
      2, [](Communicator& ranks) { return sum_over_ranks(ranks, losses({ranks.is_first() ? 1.0F : NAN})); });
  for (const auto& sum : sums) EXPECT_TRUE(std::isnan(sum.at("loss")));
}

TEST(RankSums, CountsAndFlagsAreThoseOfAllRanks) {
  const auto counts = on_thread_ranks<int64_t>(3, [](Communicator& ranks) {
    return sum_over_ranks(ranks, {.tokens = 10 + ranks.rank(), .sequences = 1}).tokens;
  });
  EXPECT_EQ(counts, (std::vector<int64_t>{33, 33, 33}));
  const auto flags =
      on_thread_ranks<int>(2, [](Communicator& ranks) { return any_rank(ranks, ranks.rank() == 1) ? 1 : 0; });
  EXPECT_EQ(flags, (std::vector<int>{1, 1}));
}

TEST(RankSums, MetricsOfTheFirstRankReplaceThoseOfTheOthers) {
  const auto metrics = on_thread_ranks<Metrics>(2, [](Communicator& ranks) {
    return of_first_rank(ranks, {{"f1", 0.1 + static_cast<double>(ranks.rank())}});
  });
  for (const auto& each : metrics) EXPECT_EQ(each, (Metrics{{"f1", 0.1}}));
}

}  // namespace
}  // namespace rpp::test
