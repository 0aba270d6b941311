// Reweighted proximal pruning (arXiv:1909.12486, docs/method.md): rounds of AdamW + prox with weights alpha,
// which start at 1 and become 1 / (|w| + epsilon) at every later round; then, if configured, recovery: the
// zeros become the mask, gamma is 0, and the remaining weights are trained.
#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "blocks.h"
#include "methods.h"
#include "ops/torch.h"
#include "plan/plan.h"
#include "prune/report.h"
#include "ranked_mask.h"
#include "ratio_controller.h"
#include "rpp/error.h"

namespace rpp {
namespace {

constexpr double kSmallestImportance = 1e-3;

class RppPruner : public Pruner {
 public:
  RppPruner(const PruneConfig& config, PrunerContext context)
      : Pruner(std::move(context)),
        config_(config),
        groups_(prune_groups(config, context_.params.matrices(), Ranking::global)),
        starts_(round_starts(config, context_.total_steps)),
        end_(recovery_start(config, context_.total_steps)),
        held_(initial_mask(config.hold_zeros)),
        round_mask_(initial_mask(/*hold_zeros=*/true)) {
    rule_.kind = ShrinkRule::Kind::prox;
    rule_.gamma = config.rpp.gamma;
    rule_.preconditioned = config.method == PruneMethod::rpp_preconditioned;
    rule_.block = config.block;
    rule_.alpha = torch::ones_like(prunable_weights());  // [num_prunable]
    exclude_from_alpha();
    if (held_.eq(0).any().item<bool>()) rule_.keep = held_;
    if (config.rpp.gamma == 0) make_controller();
  }

  void begin_step(int64_t step) override {
    if (is_final()) return;
    if (step >= end_) return hold_zeros();
    const int64_t round = round_at(step);
    if (round > round_) begin_round(round);
    if (controller_) controller_->plan(step, rule_);
  }

  const ShrinkRule& rule() const override { return rule_; }

  void finish() override {
    if (!is_final()) hold_zeros();
  }

  std::vector<std::pair<std::string, torch::Tensor>> state() const override {
    if (is_final()) return {{"keep", rule_.keep}};
    std::vector<std::pair<std::string, torch::Tensor>> tensors = {
        {"alpha", rule_.alpha},
        {"round", torch::full({1}, round_, torch::kInt64)},
        {"round_mask", round_mask_}};
    if (importance_.defined()) tensors.emplace_back("importance", importance_);
    if (controller_) tensors.emplace_back("controller", controller_->state());
    return tensors;
  }

  void load_state(const std::map<std::string, torch::Tensor>& state) override {
    const int64_t entries = held_.numel();
    if (state.contains("keep")) return set_final(state_at(state, "keep", entries));
    rule_.alpha.copy_(state_at(state, "alpha", entries));
    round_mask_.copy_(state_at(state, "round_mask", entries));
    round_ = state_at(state, "round", 1).item<int64_t>();
    if (config_.importance == Importance::fisher && round_ > 0) {
      set_importance(state_at(state, "importance", entries).to(rule_.alpha.device()));
    }
    if (!controller_) return;
    const auto found = state.find("controller");
    RPP_CHECK(found != state.end(), "it was written with a given prune.gamma, this run has none");
    controller_->load_state(found->second);
    controller_->set_gammas(rule_);
  }

  void check_drift() const override {
    if (is_final()) return Pruner::check_drift();
    check_against(held_);
  }

  std::string describe(int64_t step) const override {
    if (step >= end_) return "recovery";
    const std::string round = fmt::format("round {}/{}", round_at(step) + 1, starts_.size());
    return controller_ ? fmt::format("{}, gamma {:.3g}", round, rule_.gamma) : round;
  }

 private:
  bool is_final() const { return rule_.kind == ShrinkRule::Kind::mask; }

  int64_t round_at(int64_t step) const {
    return std::upper_bound(starts_.begin(), starts_.end(), step) - starts_.begin() - 1;
  }

  void make_controller() {
    if (!context_.learning_rate)
      fail_usage("prune.gamma is 0 and there are no learning rates to find it from");
    RankedMask(groups_, held_);  // refuses targets below the initial zeros
    auto aims = groups_;
    // A top-k cannot undo zeros above the target.
    for (auto& group : aims) group.target_ratio -= config_.rpp.final_topk ? kMissedRatio / 2 : 0;
    controller_.emplace(config_, context_.params, context_.optimizer, std::move(aims), starts_, end_,
                        context_.learning_rate);
  }

  void begin_round(int64_t round) {
    const auto now = mask();
    if (round > 0) {
      const auto norms = block_norms(prunable_weights(), config_.block);
      rule_.alpha.copy_(to_entries(norms.add_(config_.rpp.epsilon).reciprocal_(), config_.block));
      if (config_.importance == Importance::fisher) {
        set_importance(fisher_importance());
        rule_.alpha.div_(importance_);
      }
      exclude_from_alpha();
      note_event({fmt::format("round {}/{}", round + 1, starts_.size()), {{"gamma", rule_.gamma}}},
                 round_mask_, now);
    }
    round_mask_ = now;
    round_ = round;
  }

  // fp32 [num_prunable]. Weights are pruned by w^2 v in both methods: the preconditioned prox has a factor
  // sqrt(v) of its own. Relative to the mean, so that gamma keeps its size; a weight without gradients has a
  // lower limit, so that alpha stays finite.
  torch::Tensor fisher_importance() const {
    RPP_CHECK(context_.optimizer != nullptr, "prune.importance fisher needs an optimizer");
    auto share = context_.optimizer->exp_avg_sq().narrow(0, 0, held_.numel()).clone();
    if (rule_.preconditioned) share.sqrt_();
    share.div_(share.mean().clamp_min(1e-30)).clamp_min_(kSmallestImportance);
    return to_entries(block_means(share, config_.block), config_.block);
  }

  void set_importance(const torch::Tensor& importance) {
    importance_ = importance;
    if (controller_) controller_->set_importance(importance);
  }

  // Excluded matrices are not shrunk.
  void exclude_from_alpha() {
    auto pruned = torch::zeros_like(rule_.alpha, torch::kBool);
    for (const auto& group : groups_) {
      for (const auto& matrix : group.matrices) {
        pruned.narrow(0, matrix.offset, matrix.rows * matrix.cols).fill_(true);
      }
    }
    rule_.alpha.masked_fill_(pruned.logical_not(), 0.0);
  }

  // From here on the zeros are the mask.
  void hold_zeros() {
    auto keep = mask();
    if (config_.rpp.final_topk) keep = RankedMask(groups_, held_).prune(keep, prunable_weights(), 1.0);
    note_event({config_.rpp.final_topk ? "mask final, after an exact top-k" : "mask final", {{"gamma", 0.0}}},
               round_mask_, keep);
    set_final(keep);
    apply_mask(keep);
  }

  void set_final(const torch::Tensor& keep) {
    const auto device = prunable_weights().device();
    rule_ = ShrinkRule{};
    rule_.kind = ShrinkRule::Kind::mask;
    rule_.keep = keep.to(device, torch::kUInt8, /*non_blocking=*/false, /*copy=*/true);
  }

  PruneConfig config_;
  std::vector<PruneGroup> groups_;
  std::vector<int64_t> starts_;
  int64_t end_;               // the first step of recovery
  torch::Tensor held_;        // u8 [num_prunable]: 0 for initial zeros that are kept
  torch::Tensor round_mask_;  // u8 [num_prunable]: the zeros at the start of the round
  int64_t round_ = -1;        // before the first step
  torch::Tensor importance_;  // of the round, with prune.importance fisher; undefined in the first round
  ShrinkRule rule_;
  std::optional<RatioController> controller_;
};

}  // namespace

std::unique_ptr<Pruner> make_rpp_pruner(const PruneConfig& config, PrunerContext context) {
  return std::make_unique<RppPruner>(config, std::move(context));
}

}  // namespace rpp
