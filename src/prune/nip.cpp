// New Iterative Pruning, the paper's baseline: the smallest weights go in equal steps of the ratio, training
// continues with the zeros held. Stage s of S starts at step (s-1)/S of the run and prunes to target_ratio *
// s/S, so the last stage trains with the final mask.
#include <fmt/format.h>
#include <torch/torch.h>

#include <algorithm>
#include <cmath>

#include "methods.h"
#include "rpp/core/error.h"
#include "rpp/prune/magnitude.h"

namespace rpp {
namespace {

// One stage for every ten points of the ratio, as in the paper, when the configuration leaves it open.
int64_t num_stages(const PruneConfig& config) {
  if (config.stages > 0) return config.stages;
  return std::max<int64_t>(1, static_cast<int64_t>(std::ceil(config.target_ratio * 10 - 1e-9)));
}

class NipPruner : public Pruner {
 public:
  NipPruner(const PruneConfig& config, PrunerContext context)
      : Pruner(std::move(context)),
        stages_(num_stages(config)),
        target_ratio_(config.target_ratio),
        ranking_(config.ranking == "global" ? Ranking::global : Ranking::matrix) {
    if (stages_ > context_.total_steps) {
      fail_usage("prune.stages {} do not fit into {} steps: set fewer stages or more train.steps", stages_,
                 context_.total_steps);
    }
    rule_.kind = ShrinkRule::Kind::mask;
    rule_.keep = torch::ones_like(prunable_weights(), torch::kUInt8);  // [num_prunable]
  }

  void begin_step(int64_t step) override { reach(stage_at(step)); }

  const ShrinkRule& rule() const override { return rule_; }

  void finish() override { reach(stages_); }

  std::vector<std::pair<std::string, torch::Tensor>> state() const override {
    return {{"keep", rule_.keep}, {"stage", torch::full({1}, stage_, torch::kInt64)}};
  }

  void load_state(const std::map<std::string, torch::Tensor>& state) override {
    rule_.keep.copy_(state_at(state, "keep", rule_.keep.numel()));
    stage_ = state_at(state, "stage", 1).item<int64_t>();
  }

  std::string describe(int64_t step) const override {
    return fmt::format("stage {}/{}", stage_at(step), stages_);
  }

 private:
  // From 1: the stages are as long as each other to within one step.
  int64_t stage_at(int64_t step) const {
    return std::min(stages_, step * stages_ / context_.total_steps + 1);
  }

  void reach(int64_t stage) {
    if (stage <= stage_) return;
    const double ratio = target_ratio_ * static_cast<double>(stage) / static_cast<double>(stages_);
    rule_.keep = prune_smallest(prunable_weights(), rule_.keep, context_.params.matrices(), ratio, ranking_);
    apply_mask(rule_.keep);
    stage_ = stage;
  }

  int64_t stages_;
  double target_ratio_;
  Ranking ranking_;
  int64_t stage_ = 0;  // the last one reached
  ShrinkRule rule_;
};

}  // namespace

std::unique_ptr<Pruner> make_nip_pruner(const PruneConfig& config, PrunerContext context) {
  return std::make_unique<NipPruner>(config, std::move(context));
}

}  // namespace rpp
