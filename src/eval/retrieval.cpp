#include "eval/retrieval.h"

#include <algorithm>

#include "rpp/error.h"

namespace rpp {
namespace {

double share_within(std::span<const int64_t> ranks, int64_t limit) {
  const auto within = std::ranges::count_if(ranks, [&](int64_t rank) { return rank <= limit; });
  return static_cast<double>(within) / static_cast<double>(ranks.size());
}

}  // namespace

std::map<std::string, double> retrieval_metrics(std::span<const int64_t> ranks) {
  RPP_CHECK(!ranks.empty(), "there are no queries to score");
  double reciprocal = 0;
  for (const int64_t rank : ranks) reciprocal += rank <= 10 ? 1.0 / static_cast<double>(rank) : 0.0;
  return {{"mrr_10", reciprocal / static_cast<double>(ranks.size())},
          {"recall_1", share_within(ranks, 1)},
          {"recall_10", share_within(ranks, 10)}};
}

int64_t rank_of(std::span<const float> scores, int64_t relevant) {
  const float own = scores[static_cast<size_t>(relevant)];
  const auto larger = std::ranges::count_if(scores, [&](float score) { return score > own; });
  const auto equal = std::ranges::count(scores, own) - 1;
  return 1 + larger + (equal + 1) / 2;
}

}  // namespace rpp
