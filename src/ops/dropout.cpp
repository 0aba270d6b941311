#include "rpp/ops/dropout.h"

#include "dispatch.h"
#include "elementwise_kernel.h"
#include "rpp/ops/composite.h"
#include "rpp/ops/section.h"

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

// The mask is linear and drawn again: nothing is saved.
struct Dropout : torch::autograd::Function<Dropout> {
  static torch::Tensor forward(AutogradContext* context, const torch::Tensor& x, double rate, int64_t seed) {
    context->saved_data["rate"] = rate;
    context->saved_data["seed"] = seed;
    return apply_mask(x, dropout_rule(rate, static_cast<uint64_t>(seed)));
  }

  static variable_list backward(AutogradContext* context, const variable_list& grads) {
    const auto seed = static_cast<uint64_t>(context->saved_data["seed"].toInt());
    const auto rule = dropout_rule(context->saved_data["rate"].toDouble(), seed);
    return {apply_mask(grads[0], rule), {}, {}};
  }
};

}  // namespace

torch::Tensor dropout(const torch::Tensor& x, double rate, uint64_t seed) {
  if (rate == 0.0) return x;
  if (is_composite(x)) return composite::dropout(x, rate, seed);
  return Dropout::apply(x, rate, static_cast<int64_t>(seed));
}

}  // namespace rpp
