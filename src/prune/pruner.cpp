#include "rpp/pruner.h"

#include <fmt/format.h>

#include "methods.h"
#include "ops/torch.h"
#include "prune/report.h"
#include "rpp/error.h"

namespace rpp {

torch::Tensor Pruner::prunable_weights() const {
  return context_.params.values().detach().narrow(0, 0, context_.params.num_prunable());
}

torch::Tensor Pruner::mask() const {
  if (rule().kind == ShrinkRule::Kind::mask) return rule().keep.clone();
  return prunable_weights().ne(0).to(torch::kUInt8);
}

void Pruner::apply_mask(const torch::Tensor& keep) {
  const auto pruned = keep.eq(0);
  const auto num_prunable = context_.params.num_prunable();
  // masked_fill_ instead of a multiplication, which would leave -0.0f and keep NaN.
  prunable_weights().masked_fill_(pruned, 0.0);
  if (context_.optimizer != nullptr) {
    context_.optimizer->exp_avg().narrow(0, 0, num_prunable).masked_fill_(pruned, 0.0);
    context_.optimizer->exp_avg_sq().narrow(0, 0, num_prunable).masked_fill_(pruned, 0.0);
  }
  context_.params.refresh_working();
}

torch::Tensor Pruner::initial_mask(bool hold_zeros) const {
  if (!hold_zeros) return torch::ones_like(prunable_weights(), torch::kUInt8);
  return prunable_weights().ne(0).to(torch::kUInt8);
}

void Pruner::note_event(PruneEvent event, const torch::Tensor& before, const torch::Tensor& after) {
  const auto entries = static_cast<double>(after.numel());
  const auto share = [&](const torch::Tensor& entry) { return entry.sum().item<double>() / entries; };
  const auto was_kept = before.ne(0);
  const auto is_kept = after.ne(0);
  event.values["encoder_ratio"] = share(is_kept.logical_not());
  event.values["newly_pruned"] = share(was_kept.logical_and(is_kept.logical_not()));
  event.values["returned"] = share(is_kept.logical_and(was_kept.logical_not()));
  event.text += fmt::format(": {:.2f} % pruned, {:.2f} % of it new; {:.2f} % returned",
                            100 * event.values["encoder_ratio"], 100 * event.values["newly_pruned"],
                            100 * event.values["returned"]);
  events_.push_back(std::move(event));
}

void Pruner::check_drift() const {
  if (rule().kind == ShrinkRule::Kind::mask) check_against(rule().keep);
}

void Pruner::check_against(const torch::Tensor& keep) const {
  const auto report = drift_report(context_.params.values(), keep, context_.params.matrices());
  RPP_CHECK(
      report.drifted == 0,
      "{}: {} has {} weights that its mask prunes and that are not zero; go back to the last checkpoint",
      format_drift(report), report.first_matrix, report.first_drifted);
}

const torch::Tensor& state_at(const std::map<std::string, torch::Tensor>& state, const std::string& name,
                              int64_t entries) {
  const auto found = state.find(name);
  RPP_CHECK(found != state.end(), "no pruner state '{}': it was written by a run with another prune.method",
            name);
  RPP_CHECK(found->second.numel() == entries, "pruner state '{}' has {} entries, this run needs {}", name,
            found->second.numel(), entries);
  return found->second;
}

std::unique_ptr<Pruner> make_pruner(const PruneConfig& config, PrunerContext context) {
  switch (config.method) {
    case PruneMethod::dense:
      return make_dense_pruner(std::move(context));
    case PruneMethod::rpp:
    case PruneMethod::rpp_preconditioned:
      return make_rpp_pruner(config, std::move(context));
    case PruneMethod::fixed:
      return make_fixed_pruner(std::move(context));
    case PruneMethod::movement:
    case PruneMethod::soft_movement:
      return make_movement_pruner(config, std::move(context));
    case PruneMethod::nip:
    case PruneMethod::gradual:
    case PruneMethod::one_shot:
      break;
  }
  return make_magnitude_pruner(config, std::move(context));
}

}  // namespace rpp
