// Movement pruning (Sanh et al., arXiv:2005.07683) prunes weights that move towards zero. The score of a
// weight is S = -sum over steps of (dL/dW * W), where W is the weight's own value even while it is pruned,
// and dL/dW is the gradient of the masked model at its position (straight-through).
//
// movement keeps the highest scores, as many as the cubic ramp requires: the ranking does not depend on a
// learning rate of the scores. soft_movement keeps sigmoid(S) > score_threshold and lowers scores with the
// gradient of score_penalty * sum sigmoid(S): its ratio follows from these and cannot be set. Pruned weights
// may return until the ramp ends.
#include "ops/torch.h"
#include "staged_pruner.h"

namespace rpp {
namespace {

class MovementPruner : public StagedPruner {
 public:
  MovementPruner(const PruneConfig& config, PrunerContext context)
      : StagedPruner(config, std::move(context)),
        config_(config),
        scores_(torch::zeros_like(prunable_weights())),
        hidden_(torch::zeros_like(scores_)) {}

  void observe_gradients(double grad_scale) override {
    if (is_last_stage()) return;
    const auto gradients = context_.params.grads().narrow(0, 0, scores_.numel());
    const auto weights = prunable_weights() + hidden_;
    if (!is_soft()) {
      scores_.addcmul_(gradients, weights, -grad_scale);
      return;
    }
    const auto share = scores_.sigmoid();
    scores_.addcmul_(gradients, weights, -config_.soft_movement.rate * grad_scale);
    scores_.addcmul_(share, 1 - share, -config_.soft_movement.rate * config_.soft_movement.penalty);
  }

  std::vector<std::pair<std::string, torch::Tensor>> state() const override {
    auto tensors = StagedPruner::state();
    tensors.emplace_back("scores", scores_);
    tensors.emplace_back("hidden", hidden_);
    return tensors;
  }

  void load_state(const std::map<std::string, torch::Tensor>& state) override {
    StagedPruner::load_state(state);
    scores_.copy_(state_at(state, "scores", scores_.numel()));
    hidden_.copy_(state_at(state, "hidden", hidden_.numel()));
  }

 protected:
  torch::Tensor next_mask(double share) const override {
    return is_soft() ? soft_mask() : ranked().prune(start(), scores_, share, RankBy::value);
  }

  // Pruned values are stored in hidden_, kept ones in the model: weights + hidden_ is all of them.
  void before_change(const torch::Tensor& keep) override {
    const auto weights = prunable_weights() + hidden_;
    prunable_weights().copy_(weights);
    hidden_.copy_(weights.masked_fill(keep.ne(0), 0.0));
  }

 private:
  bool is_soft() const { return config_.method == PruneMethod::soft_movement; }

  torch::Tensor soft_mask() const {
    auto keep = start().clone();
    for (const auto& group : ranked().groups()) {
      for (const auto& matrix : group.matrices) {
        const int64_t size = matrix.rows * matrix.cols;
        const auto pruned =
            scores_.narrow(0, matrix.offset, size).sigmoid().le(config_.soft_movement.threshold);
        keep.narrow(0, matrix.offset, size).masked_fill_(pruned, 0);
      }
    }
    return keep;
  }

  PruneConfig config_;
  torch::Tensor scores_;  // fp32 [num_prunable]
  torch::Tensor hidden_;  // fp32 [num_prunable], the values of pruned weights, 0 where kept
};

}  // namespace

std::unique_ptr<Pruner> make_movement_pruner(const PruneConfig& config, PrunerContext context) {
  return std::make_unique<MovementPruner>(config, std::move(context));
}

}  // namespace rpp
