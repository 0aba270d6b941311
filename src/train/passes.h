// The forward passes over the samples of a batch or an evaluation, divided among ranks.
#pragma once

#include <cstdint>
#include <vector>

namespace rpp {

// Samples [first, first + size).
struct Pass {
  int64_t first = 0;
  int64_t size = 0;
  bool operator==(const Pass&) const = default;
};

struct RankPasses {
  std::vector<Pass> passes;
  int64_t first_number = 0;  // of passes[0] among those of all ranks
};

struct PassPlan {
  int64_t num_samples = 0;
  int64_t per_pass = 0;  // samples, at most
  int64_t num_ranks = 1;
};

// Each rank has neighbouring samples, as many as the others or one more. If a number of ranks divides the
// passes of one process evenly, its passes and their numbers are those of one process.
RankPasses passes_of_rank(const PassPlan& plan, int64_t rank);

// The passes of one process, divided among the ranks: neighbouring ones for each. So each pass has the result
// that it has in one process; but a rank has no pass if there are fewer passes than ranks.
std::vector<Pass> whole_passes_of_rank(const PassPlan& plan, int64_t rank);

}  // namespace rpp
