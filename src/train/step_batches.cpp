#include "train/step_batches.h"

namespace rpp {

StepBatches make_step_batches(const Task& task, int64_t step, const TrainConfig& train,
                              const DistConfig& dist, const Communicator& ranks) {
  const int64_t parts_per_rank = dist.deterministic ? dist.virtual_ranks / ranks.size() : 1;
  const PassPlan plan{.num_samples = task.num_samples(step),
                      .per_pass = sequences_per_pass(train),
                      .num_ranks = parts_per_rank * ranks.size()};
  StepBatches result;
  for (int64_t i = 0; i < parts_per_rank; ++i) {
    const auto [passes, first_number] = passes_of_rank(plan, ranks.rank() * parts_per_rank + i);
    BatchPart part{.batches = {}, .first_number = first_number};
    for (const Pass& pass : passes) part.batches.push_back(task.batch(step, pass));
    result.parts.push_back(std::move(part));
  }
  return result;
}

}  // namespace rpp
