// Magnitude pruning by a schedule (plan/plan.h): the smallest weights are pruned, their zeros are kept, and
// training continues. NIP, the paper's baseline, rises in equal stages; gradual follows the cubic ramp of Zhu
// & Gupta (arXiv:1710.01878); one_shot prunes once. Masks only grow. "Smallest" is by prune.importance.
#include "ops/torch.h"
#include "staged_pruner.h"

namespace rpp {
namespace {

class MagnitudePruner : public StagedPruner {
 public:
  MagnitudePruner(const PruneConfig& config, PrunerContext context)
      : StagedPruner(config, std::move(context)), importance_(config.importance) {}

 protected:
  torch::Tensor next_mask(double share) const override {
    return ranked().prune(rule().keep, importances(), share);
  }

 private:
  // fp32 [num_prunable]. Before the first step there are no gradients: |w| alone.
  torch::Tensor importances() const {
    const auto* optimizer = context_.optimizer;
    if (importance_ == Importance::magnitude || optimizer == nullptr || optimizer->step_count() == 0) {
      return prunable_weights();
    }
    return prunable_weights() * optimizer->exp_avg_sq().narrow(0, 0, prunable_weights().numel()).sqrt();
  }

  Importance importance_;
};

}  // namespace

std::unique_ptr<Pruner> make_magnitude_pruner(const PruneConfig& config, PrunerContext context) {
  return std::make_unique<MagnitudePruner>(config, std::move(context));
}

}  // namespace rpp
