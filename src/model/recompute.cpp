#include "recompute.h"

#include "ops/kernels.h"
#include "ops/torch.h"

namespace rpp {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

using Body = std::function<torch::Tensor(const torch::Tensor&)>;

// A GPU's backward pass runs on another thread than the forward pass, with its own kernels_in_use().
struct BodyHolder : torch::CustomClassHolder {
  explicit BodyHolder(Body given) : body(std::move(given)), kernels(kernels_in_use()) {}
  Body body;
  Kernels kernels;
};

struct Recompute : torch::autograd::Function<Recompute> {
  static torch::Tensor forward(AutogradContext* context, const torch::Tensor& x, Body body) {
    context->save_for_backward({x});
    auto y = body(x);
    context->saved_data["body"] = c10::IValue::make_capsule(c10::make_intrusive<BodyHolder>(std::move(body)));
    return y;
  }

  static variable_list backward(AutogradContext* context, const variable_list& grads) {
    const auto capsule = context->saved_data["body"].toCapsule();
    const auto x = context->get_saved_variables()[0].detach().requires_grad_(true);
    torch::Tensor y;
    {
      const auto& held = static_cast<const BodyHolder&>(*capsule);
      const KernelsGuard kernels(held.kernels);
      const torch::AutoGradMode record(true);
      y = held.body(x);
    }
    torch::autograd::backward({y}, grads);
    return {x.grad(), {}};
  }
};

}  // namespace

torch::Tensor recompute_in_backward(const torch::Tensor& x, Body body) {
  return Recompute::apply(x, std::move(body));
}

}  // namespace rpp
