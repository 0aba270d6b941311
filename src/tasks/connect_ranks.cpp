#include "connect_ranks.h"

#include <chrono>

#include "launch/rank_place.h"
#include "ops/torch.h"
#include "program/log.h"
#include "rpp/error.h"

namespace rpp {

std::unique_ptr<Communicator> connect_ranks(const DistConfig& dist) {
  const RankPlace place = rank_place(environment_variables());
  if (place.rank > 0) log_errors_only();
  return connect(place, std::chrono::seconds(dist.timeout_seconds));
}

void check_ranks(const Communicator& ranks, const Bert& model, const TrainConfig& train,
                 const DistConfig& dist) {
  if (ranks.is_alone()) return;
  if (train.batch_size < ranks.size()) {
    fail_usage("train.batch_size is {}, but there are {} ranks: each needs one sequence at least",
               train.batch_size, ranks.size());
  }
  if (dist.deterministic && dist.virtual_ranks % ranks.size() != 0) {
    fail_usage(
        "dist.deterministic is true, but {} ranks do not divide dist.virtual_ranks {}: start a power of two "
        "of "
        "them, at most {}",
        ranks.size(), dist.virtual_ranks, dist.virtual_ranks);
  }
  if (!model.device().is_cpu()) {
    fail_usage("there are {} ranks, which can compute on CPUs only so far: set train.device to cpu",
               ranks.size());
  }
}

}  // namespace rpp
