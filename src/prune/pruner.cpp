#include "rpp/prune/pruner.h"

#include <torch/torch.h>

#include "methods.h"
#include "rpp/core/error.h"
#include "rpp/prune/report.h"

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
  // masked_fill_ rather than a product: a product would leave -0.0f and keep NaN.
  prunable_weights().masked_fill_(pruned, 0.0);
  if (context_.optimizer != nullptr) {
    context_.optimizer->exp_avg().narrow(0, 0, num_prunable).masked_fill_(pruned, 0.0);
    context_.optimizer->exp_avg_sq().narrow(0, 0, num_prunable).masked_fill_(pruned, 0.0);
  }
  context_.params.refresh_working();
}

void Pruner::check_drift() const {
  if (rule().kind != ShrinkRule::Kind::mask) return;
  const auto report = drift_report(context_.params.values(), rule().keep, context_.params.matrices());
  RPP_CHECK(
      report.drifted == 0,
      "{}: {} has {} weights that its mask prunes and that are not zero; go back to the last checkpoint",
      format_drift(report), report.first_matrix, report.first_drifted);
}

const torch::Tensor& state_at(const std::map<std::string, torch::Tensor>& state, const std::string& name,
                              int64_t entries) {
  const auto found = state.find(name);
  RPP_CHECK(found != state.end(),
            "the checkpoint holds no pruner state '{}': it was written by a run with another prune.method",
            name);
  RPP_CHECK(found->second.numel() == entries, "the pruner state '{}' has {} entries, this run needs {}", name,
            found->second.numel(), entries);
  return found->second;
}

std::unique_ptr<Pruner> make_pruner(const PruneConfig& config, PrunerContext context) {
  if (config.method == "dense") return make_dense_pruner(std::move(context));
  if (config.method == "rpp") return make_rpp_pruner(config, std::move(context));
  if (config.method == "nip") return make_nip_pruner(config, std::move(context));
  if (config.method == "fixed") return make_fixed_pruner(std::move(context));
  fail_usage("prune.method is '{}': choose dense, rpp, nip or fixed", config.method);
}

}  // namespace rpp
