#include "ops/layer_norm.h"

#include "dispatch.h"
#include "dropout_rule.h"
#include "layer_norm_kernel.h"
#include "ops/composite.h"
#include "ops/dropout.h"
#include "ops/section.h"

namespace rpp {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

// Sums over rows are computed in blocks of this size, then block by block: the same for any number of
// threads.
constexpr int64_t kBlockRows = 64;

struct Saved {
  torch::Tensor sum, weight, mean, inverse;
};

Saved unpack(AutogradContext* context) {
  const auto saved = context->get_saved_variables();
  return {saved[0], saved[1], saved[2], saved[3]};
}

// Returns partial sums of the gradients of weight and bias over blocks of rows: [blocks, 2, hidden].
template <typename T>
torch::Tensor run_backward(const LayerNormBackward<T>& op, const torch::Tensor& dy) {
  const int64_t hidden = op.hidden;
  const int64_t rows = dy.numel() / hidden;
  const auto options = dy.options().dtype(torch::kFloat32);
  torch::Tensor partial;
  run_kernel(
      dy,
      [&] {
        const int64_t blocks = (rows + kBlockRows - 1) / kBlockRows;
        partial = torch::zeros({blocks, 2, hidden}, options);
        auto* sums = output<float>(partial);
        at::parallel_for(0, blocks, 1, [&](int64_t begin, int64_t end) {
          for (int64_t block = begin; block < end; ++block) {
            float* dweight = sums + block * 2 * hidden;
            layer_norm_backward(op, block * kBlockRows, std::min(rows, (block + 1) * kBlockRows), dweight,
                                dweight + hidden);
          }
        });
      },
      [&](auto stream) {
        partial = torch::empty({layer_norm_blocks(rows), 2, hidden}, options);
        return layer_norm_backward_cuda(op, rows, output<float>(partial), stream);
      });
  return partial;
}

struct DropoutAddLayerNorm : torch::autograd::Function<DropoutAddLayerNorm> {
  static torch::Tensor forward(AutogradContext* context, const torch::Tensor& given_x,
                               const std::optional<torch::Tensor>& given_residual,
                               const torch::Tensor& weight, const torch::Tensor& bias, double epsilon,
                               double rate, const DropoutSeed& seed) {
    const Section section("rpp::elementwise");
    const auto x = given_x.contiguous();
    const bool has_residual = given_residual.has_value();
    const auto residual = has_residual ? given_residual->contiguous() : torch::Tensor();
    const int64_t hidden = x.size(-1);
    const int64_t rows = x.numel() / hidden;
    auto y = torch::empty_like(x);
    const bool changes_x = has_residual || rate > 0.0;
    auto sum = changes_x ? torch::empty_like(x) : x;  // [rows, hidden]
    auto mean = torch::empty({rows}, x.options().dtype(torch::kFloat32));
    auto inverse = torch::empty_like(mean);
    dispatch_float(x, [&]<typename T>(T) {
      const LayerNormForward<T> op = {.x = input<T>(x),
                                      .residual = input<T>(residual),
                                      .weight = input<float>(weight),
                                      .bias = input<float>(bias),
                                      .sum = changes_x ? output<T>(sum) : nullptr,
                                      .y = output<T>(y),
                                      .mean = output<float>(mean),
                                      .inverse = output<float>(inverse),
                                      .hidden = hidden,
                                      .epsilon = static_cast<float>(epsilon),
                                      .dropout = rule_of(rate, seed)};
      run_split(
          x, rows, row_grain(hidden), [&](int64_t begin, int64_t end) { layer_norm_forward(op, begin, end); },
          [&](auto stream) { return layer_norm_forward_cuda(op, rows, stream); });
    });
    context->save_for_backward({sum, weight, mean, inverse});
    context->saved_data["has_residual"] = has_residual;
    save_dropout(context, rate, seed);
    return y;
  }

  static variable_list backward(AutogradContext* context, const variable_list& grads) {
    const Section section("rpp::elementwise");
    const auto saved = unpack(context);
    const auto rule = saved_rule(context);
    const auto dy = grads[0].contiguous();
    auto dsum = torch::empty_like(saved.sum);
    auto dx = rule.active() ? torch::empty_like(dsum) : dsum;
    torch::Tensor sums;  // [2, hidden]
    dispatch_float(dy, [&]<typename T>(T) {
      const LayerNormBackward<T> op = {.sum = input<T>(saved.sum),
                                       .dy = input<T>(dy),
                                       .weight = input<float>(saved.weight),
                                       .mean = input<float>(saved.mean),
                                       .inverse = input<float>(saved.inverse),
                                       .dsum = output<T>(dsum),
                                       .dx = rule.active() ? output<T>(dx) : nullptr,
                                       .hidden = dy.size(-1),
                                       .dropout = rule};
      sums = run_backward(op, dy).sum(0);
    });
    const bool has_residual = context->saved_data["has_residual"].toBool();
    return {dx, has_residual ? dsum : torch::Tensor(), sums[0], sums[1], {}, {}, {}};
  }
};

}  // namespace

torch::Tensor layer_norm(const torch::Tensor& x, const torch::Tensor& weight, const torch::Tensor& bias,
                         double epsilon) {
  if (is_composite(x)) return composite::layer_norm(x, weight, bias, epsilon);
  return DropoutAddLayerNorm::apply(x, std::optional<torch::Tensor>(), weight, bias, epsilon, 0.0,
                                    DropoutSeed(0));
}

torch::Tensor dropout_add_layer_norm(const torch::Tensor& x, const torch::Tensor& residual,
                                     const torch::Tensor& weight, const torch::Tensor& bias, double epsilon,
                                     double dropout_rate, const DropoutSeed& dropout_seed) {
  const auto other = residual.to(x.scalar_type());
  if (is_composite(x)) {
    return composite::layer_norm(dropout(x, dropout_rate, dropout_seed) + other, weight, bias, epsilon);
  }
  return DropoutAddLayerNorm::apply(x, std::optional(other), weight, bias, epsilon, dropout_rate,
                                    dropout_seed);
}

}  // namespace rpp
