// The dense baseline: nothing is pruned.
#include "methods.h"
#include "ops/torch.h"

namespace rpp {
namespace {

class DensePruner : public Pruner {
 public:
  using Pruner::Pruner;
  void begin_step(int64_t) override {}
  const ShrinkRule& rule() const override { return rule_; }
  void finish() override {}
  torch::Tensor mask() const override { return torch::ones_like(prunable_weights(), torch::kUInt8); }
  std::vector<std::pair<std::string, torch::Tensor>> state() const override { return {}; }
  void load_state(const std::map<std::string, torch::Tensor>&) override {}
  std::string describe(int64_t) const override { return ""; }

 private:
  ShrinkRule rule_;
};

}  // namespace

std::unique_ptr<Pruner> make_dense_pruner(PrunerContext context) {
  return std::make_unique<DensePruner>(std::move(context));
}

}  // namespace rpp
