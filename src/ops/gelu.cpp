#include "ops/gelu.h"

#include "dispatch.h"
#include "elementwise_kernel.h"
#include "ops/composite.h"
#include "ops/section.h"

namespace rpp {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

struct Gelu : torch::autograd::Function<Gelu> {
  static torch::Tensor forward(AutogradContext* context, const torch::Tensor& given) {
    const Section section("rpp::elementwise");
    const auto x = given.contiguous();
    context->save_for_backward({x});
    auto y = torch::empty_like(x);
    dispatch_float(x, [&]<typename T>(T) {
      run_split(
          x, x.numel(), kElementGrain,
          [&](int64_t begin, int64_t end) { gelu_forward(input<T>(x), output<T>(y), begin, end); },
          [&](auto stream) { return gelu_forward_cuda(input<T>(x), output<T>(y), x.numel(), stream); });
    });
    return y;
  }

  static variable_list backward(AutogradContext* context, const variable_list& grads) {
    const Section section("rpp::elementwise");
    const auto x = context->get_saved_variables()[0];
    const auto dy = grads[0].contiguous();
    auto dx = torch::empty_like(x);
    dispatch_float(x, [&]<typename T>(T) {
      run_split(
          x, x.numel(), kElementGrain,
          [&](int64_t begin, int64_t end) {
            gelu_backward(input<T>(x), input<T>(dy), output<T>(dx), begin, end);
          },
          [&](auto stream) {
            return gelu_backward_cuda(input<T>(x), input<T>(dy), output<T>(dx), x.numel(), stream);
          });
    });
    return {dx};
  }
};

}  // namespace

torch::Tensor gelu(const torch::Tensor& x) {
  return is_composite(x) ? composite::gelu(x) : Gelu::apply(x);
}

}  // namespace rpp
