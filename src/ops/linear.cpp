#include "ops/linear.h"

#include "accumulate_kernel.h"
#include "bf16_matmul.h"
#include "core/stop_signal.h"
#include "dispatch.h"
#include "elementwise_kernel.h"
#include "ops/section.h"
#include "row_tensors.h"

namespace rpp {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

void add_bias_into(const torch::Tensor& y, const torch::Tensor& bias) {
  const Section section("rpp::elementwise");
  dispatch_float(y, [&]<typename T>(T) {
    at::parallel_for(0, y.size(0), row_grain(y.size(1)), [&](int64_t begin, int64_t end) {
      add_bias(input<float>(bias), output_rows<T>(y), begin, end);
    });
  });
}

// A column block of fp32 sums that stays in the L1 cache.
constexpr int64_t kColumnBlock = 1024;

void add_column_sums_into(const torch::Tensor& sums, const torch::Tensor& dy) {
  const Section section("rpp::elementwise");
  const int64_t columns = dy.size(1);
  dispatch_float(dy, [&]<typename T>(T) {
    run_split(
        dy, (columns + kColumnBlock - 1) / kColumnBlock, 1,
        [&](int64_t begin, int64_t end) {
          for (int64_t block = begin; block < end; ++block) {
            const int64_t first = block * kColumnBlock;
            add_rows_into(input_rows<T>(dy), output<float>(sums), first,
                          std::min(columns, first + kColumnBlock));
          }
        },
        [&](auto stream) {
          const auto scratch = torch::empty({row_chunks(dy.size(0)), columns}, sums.options());
          return add_rows_into_cuda(input_rows<T>(dy), output<float>(sums), output<float>(scratch), stream);
        });
  });
}

bool is_emulated(const torch::Tensor& x) {
  return x.scalar_type() == torch::kBFloat16 && !has_bf16_matmul(x.device());
}

// What a matmul reads instead of x.
torch::Tensor operand(const torch::Tensor& x) {
  return is_emulated(x) ? x.to(torch::kFloat32) : x;
}

// Gradients are added into the leaf's .grad if there is one: views of a flat buffer always exist, which
// avoids an fp32 temporary of the weight's size. Each returns the gradient left for autograd to store.
torch::Tensor weight_grad(const torch::Tensor& weight, const torch::Tensor& dy, const torch::Tensor& x,
                          bool composite) {
  auto grad = weight.grad();
  if (!grad.defined()) return torch::mm(dy.t(), x).to(torch::kFloat32);
  if (x.scalar_type() == torch::kFloat32) {
    grad.addmm_(dy.t(), x);
    return {};
  }
  if (grad.is_cuda() && !composite) {
    at::addmm_out(grad, grad, dy.t(), x, torch::kFloat32);
    return {};
  }
  const auto product = torch::mm(dy.t(), x);  // [out, in]
  if (composite) {
    grad.add_(product);
    return {};
  }
  const Section section("rpp::elementwise");
  at::parallel_for(0, grad.numel(), kElementGrain, [&](int64_t begin, int64_t end) {
    add_into(input<uint16_t>(product), output<float>(grad), begin, end);
  });
  return {};
}

torch::Tensor bias_grad(const torch::Tensor& bias, const torch::Tensor& dy, bool composite) {
  auto grad = bias.grad();
  const bool is_new = !grad.defined();
  if (is_new) grad = torch::zeros_like(bias);
  if (composite) {
    grad.add_(dy.sum(0, /*keepdim=*/false, torch::kFloat32));
  } else {
    add_column_sums_into(grad, dy);
  }
  return is_new ? grad : torch::Tensor();
}

struct Linear : torch::autograd::Function<Linear> {
  // `used` is the weight in the dtype of x.
  static torch::Tensor forward(AutogradContext* context, const torch::Tensor& x, const torch::Tensor& weight,
                               const torch::Tensor& bias, const torch::Tensor& used) {
    const bool composite = is_composite(x);
    context->save_for_backward({x, weight, bias, used});
    context->saved_data["composite"] = composite;
    if (x.scalar_type() == torch::kFloat32) return torch::addmm(bias, x, used.t());
    auto y = empty_bf16_rows(x.size(0), used.size(0), x.device());  // [rows, out]
    if (is_emulated(x)) return y.copy_(torch::addmm(bias, operand(x), operand(used).t()));
    // cuBLAS adds a bias of the matmul's dtype before it rounds the sum.
    if (x.is_cuda() && !composite) return at::addmm_out(y, bias.to(x.scalar_type()), x, used.t());
    at::mm_out(y, x, used.t());
    if (composite) return y.add_(bias);
    add_bias_into(y, bias);
    return y;
  }

  static variable_list backward(AutogradContext* context, const variable_list& grads) {
    check_stop();  // the passes of a large batch may take long
    const auto saved = context->get_saved_variables();
    const auto &x = saved[0], &weight = saved[1], &bias = saved[2], &used = saved[3];
    const auto dy = with_plain_rows(grads[0]);  // [rows, out]
    const auto dy_operand = operand(dy);
    torch::Tensor dx;
    if (context->needs_input_grad(0)) dx = torch::mm(dy_operand, operand(used)).to(x.scalar_type());
    // On a GPU this is another thread than that of the forward pass, with its own kernels_in_use().
    const bool composite = context->saved_data["composite"].toBool();
    return {dx, weight_grad(weight, dy_operand, operand(x), composite), bias_grad(bias, dy, composite), {}};
  }
};

}  // namespace

torch::Tensor linear(const torch::Tensor& x, const torch::Tensor& weight, const torch::Tensor& bias,
                     const torch::Tensor& working) {
  const auto used = working.defined() ? working : weight.detach();
  return Linear::apply(x.to(used.scalar_type()), weight, bias, used);
}

}  // namespace rpp
