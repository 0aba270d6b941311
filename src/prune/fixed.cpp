// A given mask, kept from the first step to the last: used to fine-tune pruned models.
#include "methods.h"
#include "ops/torch.h"
#include "rpp/error.h"

namespace rpp {
namespace {

class FixedPruner : public Pruner {
 public:
  explicit FixedPruner(PrunerContext context) : Pruner(std::move(context)) {
    rule_.kind = ShrinkRule::Kind::mask;
    rule_.keep = context_.fixed_mask.ne(0).to(prunable_weights().device(), torch::kUInt8).contiguous();
  }

  // The first step applies the mask, in case the model has lost zeros.
  void begin_step(int64_t) override {
    if (applied_) return;
    apply_mask(rule_.keep);
    applied_ = true;
  }

  const ShrinkRule& rule() const override { return rule_; }
  void finish() override {}

  std::vector<std::pair<std::string, torch::Tensor>> state() const override { return {{"keep", rule_.keep}}; }

  void load_state(const std::map<std::string, torch::Tensor>& state) override {
    rule_.keep.copy_(state_at(state, "keep", rule_.keep.numel()));
  }

  std::string describe(int64_t) const override { return "mask held"; }

 private:
  ShrinkRule rule_;
  bool applied_ = false;
};

}  // namespace

std::unique_ptr<Pruner> make_fixed_pruner(PrunerContext context) {
  const auto num_prunable = context.params.num_prunable();
  if (!context.fixed_mask.defined()) {
    context.fixed_mask = context.params.values().detach().narrow(0, 0, num_prunable).ne(0);
    if (context.fixed_mask.all().item<bool>()) {
      fail_usage(
          "prune.method fixed needs a pruned model: this one has no zeros and prune.mask names no mask");
    }
  }
  RPP_CHECK(context.fixed_mask.numel() == num_prunable,
            "the mask has {} entries, the model's matrices have {}: is it another model's?",
            context.fixed_mask.numel(), num_prunable);
  return std::make_unique<FixedPruner>(std::move(context));
}

}  // namespace rpp
