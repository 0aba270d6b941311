#include "train/rank_sums.h"

#include "ops/torch.h"

namespace rpp {

StepCounts sum_over_ranks(Communicator& ranks, const StepCounts& counts) {
  if (ranks.is_alone()) return counts;
  const auto sums = torch::tensor({counts.tokens, counts.sequences, counts.predictions}, torch::kInt64);
  ranks.sum(sums);
  return {.tokens = sums[0].item<int64_t>(),
          .sequences = sums[1].item<int64_t>(),
          .predictions = sums[2].item<int64_t>()};
}

Metrics sum_over_ranks(Communicator& ranks, Metrics metrics) {
  if (ranks.is_alone()) return metrics;
  std::vector<double> values;
  for (const auto& [name, value] : metrics) values.push_back(value);
  const auto sums = torch::tensor(values, torch::kFloat64);
  ranks.sum(sums);
  int64_t i = 0;
  for (auto& [name, value] : metrics) value = sums[i++].item<double>();
  return metrics;
}

bool any_rank(Communicator& ranks, bool flag) {
  if (ranks.is_alone()) return flag;
  const auto count = torch::tensor({flag ? 1 : 0}, torch::kInt64);
  ranks.sum(count);
  return count.item<int64_t>() > 0;
}

}  // namespace rpp
