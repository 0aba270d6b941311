// Movement pruning (Sanh et al., arXiv:2005.07683): weights that move towards zero go. The score of a weight
// is S = -sum over steps of (dL/dW * W), where W is the weight itself also while it is pruned, and dL/dW the
// gradient that the masked model has at its place (straight-through).
//
// movement keeps the highest scores, as many as the cubic ramp says: any learning rate of the scores ranks
// them alike. soft_movement keeps sigmoid(S) > score_threshold and pulls scores down with the gradient of
// score_penalty * sum sigmoid(S): its ratio follows from these and cannot be asked for. What is pruned may
// return until the ramp ends.
#include <fmt/format.h>
#include <torch/torch.h>

#include "methods.h"
#include "ranked_mask.h"
#include "rpp/prune/plan.h"

namespace rpp {
namespace {

class MovementPruner : public Pruner {
 public:
  MovementPruner(const PruneConfig& config, PrunerContext context)
      : Pruner(std::move(context)),
        config_(config),
        updates_(mask_updates(config, context_.total_steps)),
        start_(initial_mask(config.hold_zeros)),
        ranked_(prune_groups(config, context_.params.matrices(), ranking_of(config)), start_),
        scores_(torch::zeros_like(prunable_weights())),
        hidden_(torch::zeros_like(scores_)) {
    rule_.kind = ShrinkRule::Kind::mask;
    rule_.keep = start_.clone();
  }

  void begin_step(int64_t step) override { reach(stage_at(step)); }

  void observe_gradients(double grad_scale) override {
    if (stage_ == num_stages()) return;
    const auto gradients = context_.params.grads().narrow(0, 0, scores_.numel());
    const auto weights = prunable_weights() + hidden_;
    if (!is_soft()) {
      scores_.addcmul_(gradients, weights, -grad_scale);
      return;
    }
    const auto share = scores_.sigmoid();
    scores_.addcmul_(gradients, weights, -config_.score_rate * grad_scale);
    scores_.addcmul_(share, 1 - share, -config_.score_rate * config_.score_penalty);
  }

  const ShrinkRule& rule() const override { return rule_; }
  void finish() override { reach(num_stages()); }

  std::vector<std::pair<std::string, torch::Tensor>> state() const override {
    return {{"keep", rule_.keep},
            {"scores", scores_},
            {"hidden", hidden_},
            {"stage", torch::full({1}, stage_, torch::kInt64)}};
  }

  void load_state(const std::map<std::string, torch::Tensor>& state) override {
    const int64_t entries = scores_.numel();
    rule_.keep.copy_(state_at(state, "keep", entries));
    scores_.copy_(state_at(state, "scores", entries));
    hidden_.copy_(state_at(state, "hidden", entries));
    stage_ = state_at(state, "stage", 1).item<int64_t>();
  }

  std::string describe(int64_t step) const override {
    return fmt::format("stage {}/{}", stage_at(step), num_stages());
  }

 private:
  bool is_soft() const { return config_.method == "soft_movement"; }
  int64_t num_stages() const { return static_cast<int64_t>(updates_.size()); }

  int64_t stage_at(int64_t step) const {
    int64_t stage = 0;
    while (stage < num_stages() && updates_[static_cast<size_t>(stage)].step <= step) ++stage;
    return stage;
  }

  torch::Tensor soft_mask() const {
    auto keep = start_.clone();
    for (const auto& group : ranked_.groups()) {
      for (const auto& matrix : group.matrices) {
        const int64_t size = matrix.rows * matrix.cols;
        const auto pruned = scores_.narrow(0, matrix.offset, size).sigmoid().le(config_.score_threshold);
        keep.narrow(0, matrix.offset, size).masked_fill_(pruned, 0);
      }
    }
    return keep;
  }

  // Pruned weights wait in hidden_, kept ones lie in the model: weights + hidden_ is all of them.
  void reach(int64_t stage) {
    if (stage <= stage_) return;
    const auto before = rule_.keep;
    const double share = updates_[static_cast<size_t>(stage - 1)].share;
    rule_.keep = is_soft() ? soft_mask() : ranked_.prune(start_, scores_, share, RankBy::value);
    const auto weights = prunable_weights() + hidden_;
    prunable_weights().copy_(weights);
    hidden_.copy_(weights.masked_fill(rule_.keep.ne(0), 0.0));
    apply_mask(rule_.keep);
    stage_ = stage;
    note_event({fmt::format("stage {}/{}", stage, num_stages()), {}}, before, rule_.keep);
  }

  PruneConfig config_;
  std::vector<MaskUpdate> updates_;
  torch::Tensor start_;  // u8 [num_prunable], what the model brings pruned
  RankedMask ranked_;
  torch::Tensor scores_;  // fp32 [num_prunable]
  torch::Tensor hidden_;  // fp32 [num_prunable], the values of pruned weights, 0 where kept
  int64_t stage_ = 0;
  ShrinkRule rule_;
};

}  // namespace

std::unique_ptr<Pruner> make_movement_pruner(const PruneConfig& config, PrunerContext context) {
  return std::make_unique<MovementPruner>(config, std::move(context));
}

}  // namespace rpp
