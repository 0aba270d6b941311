// Adjusts gamma so that rpp reaches its target ratios without a threshold: plans it from a sample of the
// weights and the future learning rates (plan/gamma_plan.h), and repeats the plan more often towards the end
// of pruning. Near the end it also corrects for the difference between the steps and their forecast: zeros
// that return, weights that the loss moves.
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "plan/gamma_plan.h"
#include "plan/groups.h"
#include "rpp/flat_params.h"
#include "rpp/prox_adamw.h"
#include "rpp/prune_config.h"

namespace rpp {

// The number of zeros among the group's entries of a flat tensor [num_prunable or more].
int64_t count_zeros(const torch::Tensor& entries, const PruneGroup& group);

class RatioController {
 public:
  // starts: first steps of the rounds; end: the first step without pruning.
  RatioController(const PruneConfig& config, const FlatParams& params, const ProxAdamW* optimizer,
                  std::vector<PruneGroup> groups, std::vector<int64_t> starts, int64_t end,
                  std::function<double(int64_t)> learning_rate);

  // fp32 [num_prunable]: what alpha of every later round is divided by, beside |w| + epsilon. Undefined: 1.
  void set_importance(const torch::Tensor& importance) { importance_ = importance; }

  // Before `step`, after alpha has been updated for its round: computes new gammas if a plan is due and sets
  // them in the rule.
  void plan(int64_t step, ShrinkRule& rule);

  // gamma (0: none yet), expected zeros and surplus of every group, then the next step that plans: fp64 [3 *
  // groups + 1].
  torch::Tensor state() const;
  void load_state(const torch::Tensor& state);

  const std::vector<PruneGroup>& groups() const { return groups_; }
  void set_gammas(ShrinkRule& rule) const;

 private:
  struct Steering {
    std::optional<double> gamma;  // none before the first plan: nothing is shrunk
    double expected_zeros = -1;   // after the last planned step; -1: that plan was for more than one step
    double surplus = 0;           // recent zeros per step beyond the forecast
  };

  void steer(size_t group, int64_t step, const ShrinkRule& rule);
  ShrinkForecast forecast_of(size_t group, int64_t step, const ShrinkRule& rule) const;
  // The effective learning rate of `later_step`, as predicted at `step`.
  double rate_of(int64_t later_step, int64_t step) const;
  std::vector<double> rate_sums(int64_t step) const;

  double epsilon_;
  torch::Tensor importance_;
  const FlatParams& params_;
  const ProxAdamW* optimizer_;
  std::vector<PruneGroup> groups_;
  std::vector<torch::Tensor> samples_;  // int64 indices of each group's entries
  std::vector<int64_t> starts_;
  int64_t end_;
  std::function<double(int64_t)> learning_rate_;
  std::vector<Steering> steering_;  // of each group
  int64_t next_plan_ = 0;
};

}  // namespace rpp
