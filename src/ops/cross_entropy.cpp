#include "ops/cross_entropy.h"

#include "core/ignored_label.h"
#include "cross_entropy_kernel.h"
#include "dispatch.h"
#include "ops/composite.h"
#include "ops/section.h"
#include "row_tensors.h"

namespace rpp {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

void check_labels(const torch::Tensor& labels, int64_t classes) {
  const auto* values = labels.const_data_ptr<int64_t>();
  for (int64_t i = 0; i < labels.numel(); ++i) {
    if (values[i] == kIgnoredLabel) continue;
    RPP_CHECK(values[i] >= 0 && values[i] < classes, "label {} of row {} is outside the model's {} classes",
              values[i], i, classes);
  }
}

struct SummedCrossEntropy : torch::autograd::Function<SummedCrossEntropy> {
  // Returns the summed loss and the number of correct rows.
  static variable_list forward(AutogradContext* context, const torch::Tensor& given_logits,
                               const torch::Tensor& given_labels) {
    const Section section("rpp::loss");
    const auto logits = with_plain_rows(given_logits);
    const auto labels = given_labels.contiguous();
    const int64_t rows = logits.size(0);
    if (labels.is_cpu()) check_labels(labels, logits.size(1));
    auto loss = torch::empty({rows}, logits.options().dtype(torch::kFloat32));
    auto log_sum_exp = torch::empty_like(loss);
    auto is_correct = torch::empty_like(labels);
    dispatch_float(logits, [&]<typename T>(T) {
      const CrossEntropyForward<T> op = {.logits = input<T>(logits),
                                         .labels = input<int64_t>(labels),
                                         .loss = output<float>(loss),
                                         .log_sum_exp = output<float>(log_sum_exp),
                                         .is_correct = output<int64_t>(is_correct),
                                         .classes = logits.size(1),
                                         .stride = logits.stride(0)};
      run_split(
          logits, rows, row_grain(op.classes),
          [&](int64_t begin, int64_t end) { cross_entropy_forward(op, begin, end); },
          [&](auto stream) { return cross_entropy_forward_cuda(op, rows, stream); });
    });
    context->save_for_backward({logits, labels, log_sum_exp});
    auto num_correct = is_correct.sum();
    context->mark_non_differentiable({num_correct});
    return {loss.sum(), num_correct};
  }

  static variable_list backward(AutogradContext* context, const variable_list& grads) {
    const Section section("rpp::loss");
    const auto saved = context->get_saved_variables();
    const auto &logits = saved[0], &labels = saved[1], &log_sum_exp = saved[2];
    const auto scale = grads[0].contiguous();
    const int64_t rows = logits.size(0);
    auto dlogits = at::empty_strided(logits.sizes(), logits.strides(), logits.options());
    dispatch_float(logits, [&]<typename T>(T) {
      const CrossEntropyBackward<T> op = {.logits = input<T>(logits),
                                          .labels = input<int64_t>(labels),
                                          .log_sum_exp = input<float>(log_sum_exp),
                                          .dlogits = output<T>(dlogits),
                                          .classes = logits.size(1),
                                          .stride = logits.stride(0),
                                          .scale = input<float>(scale)};
      run_split(
          logits, rows, row_grain(op.classes),
          [&](int64_t begin, int64_t end) { cross_entropy_backward(op, begin, end); },
          [&](auto stream) { return cross_entropy_backward_cuda(op, rows, stream); });
    });
    return {dlogits, {}};
  }
};

}  // namespace

CrossEntropy cross_entropy(const torch::Tensor& logits, const torch::Tensor& labels) {
  if (is_composite(logits)) return composite::cross_entropy(logits, labels);
  const auto results = SummedCrossEntropy::apply(logits, labels);
  return {.loss_sum = results[0], .num_correct = results[1]};
}

}  // namespace rpp
