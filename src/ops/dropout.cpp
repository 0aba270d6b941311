#include "ops/dropout.h"

#include "dispatch.h"
#include "dropout_rule.h"
#include "elementwise_kernel.h"
#include "ops/composite.h"
#include "ops/section.h"
#include "rpp/error.h"

namespace rpp {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

torch::Tensor apply_mask(const torch::Tensor& given, const DropoutRule& rule) {
  const Section section("rpp::elementwise");
  const auto x = given.contiguous();
  auto y = torch::empty_like(x);
  dispatch_float(x, [&]<typename T>(T) {
    run_split(
        x, x.numel(), kElementGrain,
        [&](int64_t begin, int64_t end) { dropout_apply(rule, input<T>(x), output<T>(y), begin, end); },
        [&](auto stream) { return dropout_apply_cuda(rule, input<T>(x), output<T>(y), x.numel(), stream); });
  });
  return y;
}

// The op is linear and the mask is drawn again, so nothing is saved.
struct Dropout : torch::autograd::Function<Dropout> {
  static torch::Tensor forward(AutogradContext* context, const torch::Tensor& x, double rate,
                               const DropoutSeed& seed) {
    save_dropout(context, rate, seed);
    return apply_mask(x, rule_of(rate, seed));
  }

  static variable_list backward(AutogradContext* context, const variable_list& grads) {
    return {apply_mask(grads[0], saved_rule(context)), {}, {}};
  }
};

}  // namespace

uint64_t DropoutSeed::on_host() const {
  if (!memory.defined()) return number;
  RPP_CHECK(memory.is_cpu(),
            "dropout runs as plain ATen calls here, which a CUDA graph cannot repeat with another seed: set "
            "train.cuda_graph to false (heads need dimensions of 8, 16, 24, ..., kernels have to be fast)");
  return static_cast<uint64_t>(memory.item<int64_t>());
}

torch::Tensor dropout(const torch::Tensor& x, double rate, const DropoutSeed& seed) {
  if (rate == 0.0) return x;
  if (is_composite(x)) return composite::dropout(x, rate, seed);
  return Dropout::apply(x, rate, seed);
}

}  // namespace rpp
