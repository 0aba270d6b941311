#include "staged_pruner.h"
#include "ops/torch.h"

#include <fmt/format.h>

namespace rpp {

StagedPruner::StagedPruner(const PruneConfig& config, PrunerContext context)
    : Pruner(std::move(context)),
      updates_(mask_updates(config, context_.total_steps)),
      start_(initial_mask(config.hold_zeros)),
      ranked_(prune_groups(config, context_.params.matrices(), config.ranking), start_) {
  rule_.kind = ShrinkRule::Kind::mask;
  rule_.keep = start_.clone();
}

std::vector<std::pair<std::string, torch::Tensor>> StagedPruner::state() const {
  return {{"keep", rule_.keep}, {"stage", torch::full({1}, stage_, torch::kInt64)}};
}

void StagedPruner::load_state(const std::map<std::string, torch::Tensor>& state) {
  rule_.keep.copy_(state_at(state, "keep", rule_.keep.numel()));
  stage_ = state_at(state, "stage", 1).item<int64_t>();
}

std::string StagedPruner::describe(int64_t step) const {
  return fmt::format("stage {}/{}", stage_at(step), num_stages());
}

// The updates that are due at `step`.
int64_t StagedPruner::stage_at(int64_t step) const {
  int64_t stage = 0;
  while (stage < num_stages() && updates_[static_cast<size_t>(stage)].step <= step) ++stage;
  return stage;
}

void StagedPruner::reach(int64_t stage) {
  if (stage <= stage_) return;
  const auto keep = next_mask(updates_[static_cast<size_t>(stage - 1)].share);
  before_change(keep);
  const auto before = std::exchange(rule_.keep, keep);
  apply_mask(rule_.keep);
  stage_ = stage;
  note_event({fmt::format("stage {}/{}", stage, num_stages()), {}}, before, rule_.keep);
}

}  // namespace rpp
