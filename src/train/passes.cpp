#include "train/passes.h"

#include <algorithm>

namespace rpp {
namespace {

int64_t first_sample(const PassPlan& plan, int64_t rank) {
  return plan.num_samples * rank / plan.num_ranks;
}

int64_t num_passes(const PassPlan& plan, int64_t rank) {
  const int64_t samples = first_sample(plan, rank + 1) - first_sample(plan, rank);
  return (samples + plan.per_pass - 1) / plan.per_pass;
}

}  // namespace

RankPasses passes_of_rank(const PassPlan& plan, int64_t rank) {
  RankPasses result;
  for (int64_t before = 0; before < rank; ++before) result.first_number += num_passes(plan, before);
  const int64_t end = first_sample(plan, rank + 1);
  for (int64_t first = first_sample(plan, rank); first < end; first += plan.per_pass) {
    result.passes.push_back({first, std::min(plan.per_pass, end - first)});
  }
  return result;
}

std::vector<Pass> whole_passes_of_rank(const PassPlan& plan, int64_t rank) {
  const int64_t num_passes = (plan.num_samples + plan.per_pass - 1) / plan.per_pass;
  std::vector<Pass> passes;
  for (int64_t i = num_passes * rank / plan.num_ranks; i < num_passes * (rank + 1) / plan.num_ranks; ++i) {
    const int64_t first = i * plan.per_pass;
    passes.push_back({first, std::min(plan.per_pass, plan.num_samples - first)});
  }
  return passes;
}

}  // namespace rpp
