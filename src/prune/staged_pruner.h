// A pruner that changes its mask in the stages of a plan (plan/plan.h) and keeps it in between: magnitude
// and movement pruning differ in how they choose the next mask.
#pragma once

#include "methods.h"
#include "plan/plan.h"
#include "ranked_mask.h"

namespace rpp {

class StagedPruner : public Pruner {
 public:
  StagedPruner(const PruneConfig& config, PrunerContext context);

  void begin_step(int64_t step) override { reach(stage_at(step)); }
  const ShrinkRule& rule() const override { return rule_; }
  void finish() override { reach(num_stages()); }
  std::vector<std::pair<std::string, torch::Tensor>> state() const override;
  void load_state(const std::map<std::string, torch::Tensor>& state) override;
  std::string describe(int64_t step) const override;

 protected:
  // u8 [num_prunable], with `share` of the way to the target pruned.
  virtual torch::Tensor next_mask(double share) const = 0;
  // Called while the weights and rule() are still those of the previous stage.
  virtual void before_change(const torch::Tensor& keep) { static_cast<void>(keep); }

  bool is_last_stage() const { return stage_ == num_stages(); }
  // u8 [num_prunable], the model's initial mask.
  const torch::Tensor& start() const { return start_; }
  const RankedMask& ranked() const { return ranked_; }

 private:
  int64_t num_stages() const { return static_cast<int64_t>(updates_.size()); }
  int64_t stage_at(int64_t step) const;
  void reach(int64_t stage);

  std::vector<MaskUpdate> updates_;
  torch::Tensor start_;
  RankedMask ranked_;
  int64_t stage_ = 0;  // the last one reached
  ShrinkRule rule_;
};

}  // namespace rpp
