// Magnitude pruning by a schedule (prune/plan.h): the smallest weights go, their zeros are held, training
// goes on. NIP, the paper's baseline, climbs in equal stages; gradual follows the cubic ramp of Zhu & Gupta
// (arXiv:1710.01878); one_shot prunes once. Masks only grow.
#include <fmt/format.h>
#include <torch/torch.h>

#include "methods.h"
#include "ranked_mask.h"
#include "rpp/prune/plan.h"

namespace rpp {
namespace {

class MagnitudePruner : public Pruner {
 public:
  MagnitudePruner(const PruneConfig& config, PrunerContext context)
      : Pruner(std::move(context)),
        updates_(mask_updates(config, context_.total_steps)),
        ranked_(prune_groups(config, context_.params.matrices(), ranking_of(config)),
                initial_mask(config.hold_zeros)) {
    rule_.kind = ShrinkRule::Kind::mask;
    rule_.keep = initial_mask(config.hold_zeros);
  }

  void begin_step(int64_t step) override { reach(stage_at(step)); }
  const ShrinkRule& rule() const override { return rule_; }
  void finish() override { reach(num_stages()); }

  std::vector<std::pair<std::string, torch::Tensor>> state() const override {
    return {{"keep", rule_.keep}, {"stage", torch::full({1}, stage_, torch::kInt64)}};
  }

  void load_state(const std::map<std::string, torch::Tensor>& state) override {
    rule_.keep.copy_(state_at(state, "keep", rule_.keep.numel()));
    stage_ = state_at(state, "stage", 1).item<int64_t>();
  }

  std::string describe(int64_t step) const override {
    return fmt::format("stage {}/{}", stage_at(step), num_stages());
  }

 private:
  int64_t num_stages() const { return static_cast<int64_t>(updates_.size()); }

  // Updates that are due at `step`.
  int64_t stage_at(int64_t step) const {
    int64_t stage = 0;
    while (stage < num_stages() && updates_[static_cast<size_t>(stage)].step <= step) ++stage;
    return stage;
  }

  void reach(int64_t stage) {
    if (stage <= stage_) return;
    const auto before = rule_.keep;
    rule_.keep = ranked_.prune(before, prunable_weights(), updates_[static_cast<size_t>(stage - 1)].share);
    apply_mask(rule_.keep);
    stage_ = stage;
    note_event({fmt::format("stage {}/{}", stage, num_stages()), {}}, before, rule_.keep);
  }

  std::vector<MaskUpdate> updates_;
  RankedMask ranked_;
  int64_t stage_ = 0;  // the last one reached
  ShrinkRule rule_;
};

}  // namespace

std::unique_ptr<Pruner> make_magnitude_pruner(const PruneConfig& config, PrunerContext context) {
  return std::make_unique<MagnitudePruner>(config, std::move(context));
}

}  // namespace rpp
