// Reweighted proximal pruning (arXiv:1909.12486, docs/method.md): rounds of AdamW + prox with weights alpha,
// which start at 1 and become 1 / (|w| + epsilon) at every later round.
#include <fmt/format.h>
#include <torch/torch.h>

#include <algorithm>
#include <cmath>

#include "methods.h"
#include "rpp/core/error.h"

namespace rpp {
namespace {

// The first round is first_round_share as long as each of the others, and one step at least.
int64_t first_round_steps(const PruneConfig& config, int64_t total_steps) {
  const auto others = static_cast<double>(config.rounds - 1);
  const double even_length = static_cast<double>(total_steps) / (config.first_round_share + others);
  const double length =
      config.steps_per_round > 0 ? static_cast<double>(config.steps_per_round) : even_length;
  return std::max<int64_t>(1, std::llround(config.first_round_share * length));
}

// The first step of each round. The later rounds share what the first one leaves, or take steps_per_round
// each; the last one goes on to the end.
std::vector<int64_t> round_starts(const PruneConfig& config, int64_t total_steps) {
  std::vector<int64_t> starts = {0};
  if (config.rounds == 1) return starts;
  const int64_t first = first_round_steps(config, total_steps);
  for (int64_t round = 1; round < config.rounds; ++round) {
    const int64_t spread = (total_steps - first) * (round - 1) / (config.rounds - 1);
    const int64_t given = config.steps_per_round * (round - 1);
    starts.push_back(first + (config.steps_per_round > 0 ? given : spread));
  }
  return starts;
}

void check_rounds(const std::vector<int64_t>& starts, int64_t total_steps) {
  const bool distinct = std::adjacent_find(starts.begin(), starts.end()) == starts.end();
  if (distinct && starts.back() < total_steps) return;
  fail_usage(
      "prune.rounds {} do not fit into {} steps (the last would start at step {}): "
      "set fewer rounds, a smaller prune.steps_per_round or more train.steps",
      starts.size(), total_steps, starts.back());
}

class RppPruner : public Pruner {
 public:
  RppPruner(const PruneConfig& config, PrunerContext context)
      : Pruner(std::move(context)),
        epsilon_(config.epsilon),
        starts_(round_starts(config, context_.total_steps)) {
    check_rounds(starts_, context_.total_steps);
    rule_.kind = ShrinkRule::Kind::prox;
    rule_.gamma = config.gamma;
    rule_.preconditioned = config.prox_scaling == "preconditioned";
    rule_.alpha = torch::ones_like(prunable_weights());  // [num_prunable]
  }

  void begin_step(int64_t step) override {
    const int64_t round = round_at(step);
    if (round == round_) return;
    if (round > 0) rule_.alpha.copy_(prunable_weights().abs().add_(epsilon_).reciprocal_());
    round_ = round;
  }

  const ShrinkRule& rule() const override { return rule_; }

  void finish() override {
    const auto keep = mask();
    rule_ = ShrinkRule{};
    rule_.kind = ShrinkRule::Kind::mask;
    rule_.keep = keep;
    apply_mask(keep);
  }

  std::vector<std::pair<std::string, torch::Tensor>> state() const override {
    if (rule_.kind == ShrinkRule::Kind::mask) return {{"keep", rule_.keep}};
    return {{"alpha", rule_.alpha}, {"round", torch::full({1}, round_, torch::kInt64)}};
  }

  void load_state(const std::map<std::string, torch::Tensor>& state) override {
    if (state.contains("keep")) return load_finished(state);
    rule_.alpha.copy_(state_at(state, "alpha", rule_.alpha.numel()));
    round_ = state_at(state, "round", 1).item<int64_t>();
  }

  std::string describe(int64_t step) const override {
    return fmt::format("round {}/{}", round_at(step) + 1, starts_.size());
  }

 private:
  int64_t round_at(int64_t step) const {
    return std::upper_bound(starts_.begin(), starts_.end(), step) - starts_.begin() - 1;
  }

  void load_finished(const std::map<std::string, torch::Tensor>& state) {
    const auto weights = prunable_weights();
    const auto& keep = state_at(state, "keep", weights.numel());
    rule_ = ShrinkRule{};
    rule_.kind = ShrinkRule::Kind::mask;
    rule_.keep = keep.to(weights.device(), torch::kUInt8, /*non_blocking=*/false, /*copy=*/true);
    round_ = static_cast<int64_t>(starts_.size()) - 1;
  }

  double epsilon_;
  std::vector<int64_t> starts_;
  int64_t round_ = -1;  // before the first step
  ShrinkRule rule_;
};

}  // namespace

std::unique_ptr<Pruner> make_rpp_pruner(const PruneConfig& config, PrunerContext context) {
  return std::make_unique<RppPruner>(config, std::move(context));
}

}  // namespace rpp
