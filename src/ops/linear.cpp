#include "rpp/ops/linear.h"

#include "accumulate.h"
#include "dispatch.h"
#include "elementwise_kernel.h"

namespace rpp {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

void add_bias_into(const torch::Tensor& y, const torch::Tensor& bias) {
  const int64_t columns = y.size(1);
  dispatch_float(y, [&]<typename T>(T) {
    at::parallel_for(0, y.size(0), row_grain(columns), [&](int64_t begin, int64_t end) {
      add_bias(input<float>(bias), output<T>(y), columns, begin, end);
    });
  });
}

struct Linear : torch::autograd::Function<Linear> {
  // `used` is the weight in the dtype of x.
  static torch::Tensor forward(AutogradContext* context, const torch::Tensor& x, const torch::Tensor& weight,
                               const torch::Tensor& bias, const torch::Tensor& used) {
    context->save_for_backward({x, weight, bias, used});
    if (x.scalar_type() == torch::kFloat32) return torch::addmm(bias, x, used.t());
    auto y = torch::mm(x, used.t());  // [rows, out]
    if (y.is_cuda()) return y.add_(bias);
    add_bias_into(y, bias);
    return y;
  }

  static variable_list backward(AutogradContext* context, const variable_list& grads) {
    const auto saved = context->get_saved_variables();
    const auto &x = saved[0], &weight = saved[1], &bias = saved[2], &used = saved[3];
    const auto& dy = grads[0];  // [rows, out]
    torch::Tensor dx;
    if (context->needs_input_grad(0)) dx = torch::mm(dy, used);
    auto dweight = accumulate_grad(weight, torch::mm(dy.t(), x));
    auto dbias = accumulate_grad(bias, dy.sum(0, /*keepdim=*/false, torch::kFloat32));
    return {dx, dweight, dbias, {}};
  }
};

}  // namespace

torch::Tensor linear(const torch::Tensor& x, const torch::Tensor& weight, const torch::Tensor& bias,
                     const torch::Tensor& working) {
  const auto used = working.defined() ? working : weight.detach();
  return Linear::apply(x.to(used.scalar_type()), weight, bias, used);
}

}  // namespace rpp
