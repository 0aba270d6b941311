// Magnitude pruning by a schedule (plan/plan.h): the smallest weights are pruned, their zeros are kept, and
// training continues. NIP, the paper's baseline, rises in equal stages; gradual follows the cubic ramp of Zhu
// & Gupta (arXiv:1710.01878); one_shot prunes once. Masks only grow.
#include "ops/torch.h"
#include "staged_pruner.h"

namespace rpp {
namespace {

class MagnitudePruner : public StagedPruner {
 public:
  using StagedPruner::StagedPruner;

 protected:
  torch::Tensor next_mask(double share) const override {
    return ranked().prune(rule().keep, prunable_weights(), share);
  }
};

}  // namespace

std::unique_ptr<Pruner> make_magnitude_pruner(const PruneConfig& config, PrunerContext context) {
  return std::make_unique<MagnitudePruner>(config, std::move(context));
}

}  // namespace rpp
