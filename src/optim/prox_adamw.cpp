#include "rpp/optim/prox_adamw.h"

#include <ATen/Parallel.h>
#include <torch/torch.h>

#include <cmath>

#include "rpp/core/error.h"
#include "rpp/ops/adamw_kernel.h"

#ifdef RPP_CUDA
#include <c10/cuda/CUDAGuard.h>
#include <c10/cuda/CUDAStream.h>
#endif

namespace rpp {
namespace {

// Elements a thread takes at least: half a megabyte of traffic, far above the cost of waking it.
constexpr int64_t kGrain = 1 << 14;

void update_on_cpu(const AdamWStep& step, const AdamWSpan& span) {
  at::parallel_for(0, span.size, kGrain,
                   [&](int64_t begin, int64_t end) { adamw_cpu(step, sub_span(span, begin, end - begin)); });
}

void update_on_cuda(const AdamWStep& step, const AdamWSpan& span, const torch::Device& device) {
#ifdef RPP_CUDA
  const c10::cuda::CUDAGuard guard(device);
  const int error = adamw_cuda(step, span, c10::cuda::getCurrentCUDAStream(device.index()).stream());
  RPP_CHECK(error == 0, "the optimizer's kernel could not start on {}: cudaError_t {}", device.str(), error);
#else
  static_cast<void>(step);
  static_cast<void>(span);
  fail("this build has no CUDA kernels and the parameters lie on {}: build with -DRPP_CUDA=ON", device.str());
#endif
}

AdamWShrink shrink_of(const ShrinkRule& rule) {
  if (rule.kind == ShrinkRule::Kind::mask) return AdamWShrink::mask;
  if (rule.kind == ShrinkRule::Kind::none) return AdamWShrink::none;
  return rule.preconditioned ? AdamWShrink::preconditioned_prox : AdamWShrink::prox;
}

void check_rule_tensor(const torch::Tensor& tensor, const char* name, torch::ScalarType dtype,
                       const FlatParams& params) {
  RPP_CHECK(tensor.defined() && tensor.scalar_type() == dtype && tensor.is_contiguous() &&
                tensor.numel() == params.num_prunable() && tensor.device() == params.values().device(),
            "the shrink rule's {} must be a contiguous {} tensor of {} entries on the device of the weights",
            name, c10::toString(dtype), params.num_prunable());
}

void check_rule(const ShrinkRule& rule, const FlatParams& params) {
  if (rule.kind == ShrinkRule::Kind::mask) check_rule_tensor(rule.keep, "keep", torch::kUInt8, params);
  if (rule.kind != ShrinkRule::Kind::prox) return;
  check_rule_tensor(rule.alpha, "alpha", torch::kFloat32, params);
  RPP_CHECK(rule.matrix_gammas.empty() || rule.matrix_gammas.size() == params.matrices().size(),
            "the shrink rule has {} gammas, the model {} prunable matrices", rule.matrix_gammas.size(),
            params.matrices().size());
}

// Neighbours of one gamma are one span: as few passes as there are changes.
struct GammaSpan {
  int64_t offset = 0;
  int64_t size = 0;
  double gamma = 0;
};

std::vector<GammaSpan> gamma_spans(const ShrinkRule& rule, const FlatParams& params) {
  if (rule.matrix_gammas.empty()) return {{0, params.num_prunable(), rule.gamma}};
  std::vector<GammaSpan> spans;
  for (size_t i = 0; i < rule.matrix_gammas.size(); ++i) {
    const auto& matrix = params.matrices()[i];
    const double gamma = rule.matrix_gammas[i];
    if (spans.empty() || spans.back().gamma != gamma) spans.push_back({matrix.offset, 0, gamma});
    spans.back().size += matrix.rows * matrix.cols;
  }
  return spans;
}

AdamWStep step_constants(const OptimizerConfig& config, double learning_rate, int64_t step_count) {
  AdamWStep step;
  step.learning_rate = static_cast<float>(learning_rate);
  step.beta1 = static_cast<float>(config.beta1);
  step.beta2 = static_cast<float>(config.beta2);
  step.one_minus_beta1 = static_cast<float>(1.0 - config.beta1);
  step.one_minus_beta2 = static_cast<float>(1.0 - config.beta2);
  step.epsilon = static_cast<float>(config.epsilon);
  if (!config.bias_correction) return step;
  const auto t = static_cast<double>(step_count);
  step.correction1 = static_cast<float>(1.0 / (1.0 - std::pow(config.beta1, t)));
  step.correction2 = static_cast<float>(1.0 / std::sqrt(1.0 - std::pow(config.beta2, t)));
  return step;
}

}  // namespace

ProxAdamW::ProxAdamW(FlatParams& params, const OptimizerConfig& config)
    : params_(params),
      config_(config),
      exp_avg_(torch::zeros_like(params.values())),
      exp_avg_sq_(torch::zeros_like(params.values())) {}

void ProxAdamW::step(double learning_rate, const ShrinkRule& rule, double grad_scale) {
  check_rule(rule, params_);
  ++step_count_;
  AdamWStep constants = step_constants(config_, learning_rate, step_count_);
  constants.grad_scale = static_cast<float>(grad_scale);

  AdamWSpan all;
  all.values = params_.values().data_ptr<float>();
  all.grads = params_.grads().const_data_ptr<float>();
  all.exp_avg = exp_avg_.data_ptr<float>();
  all.exp_avg_sq = exp_avg_sq_.data_ptr<float>();
  if (params_.working().defined()) all.working = static_cast<uint16_t*>(params_.working().data_ptr());

  const auto device = params_.values().device();
  const auto update = [&](const AdamWSpan& span) {
    if (span.size == 0) return;
    if (device.is_cpu()) return update_on_cpu(constants, span);
    update_on_cuda(constants, span, device);
  };

  auto prunable = sub_span(all, 0, params_.num_prunable());
  if (rule.kind == ShrinkRule::Kind::mask) prunable.keep = rule.keep.const_data_ptr<uint8_t>();
  if (rule.kind == ShrinkRule::Kind::prox) prunable.alpha = rule.alpha.const_data_ptr<float>();
  constants.shrink = shrink_of(rule);
  constants.decay = static_cast<float>(learning_rate * config_.weight_decay);
  for (const auto& [offset, size, gamma] : gamma_spans(rule, params_)) {
    constants.threshold = static_cast<float>(learning_rate * gamma);
    update(sub_span(prunable, offset, size));
  }
  constants.shrink = AdamWShrink::none;
  update(sub_span(all, params_.num_prunable(), params_.num_decayed() - params_.num_prunable()));
  constants.decay = 0.0F;
  update(sub_span(all, params_.num_decayed(), params_.size() - params_.num_decayed()));
}

torch::Tensor ProxAdamW::denominators(const torch::Tensor& indices) const {
  const AdamWStep constants = step_constants(config_, 0.0, step_count_);
  return exp_avg_sq_.index_select(0, indices).sqrt_().mul_(constants.correction2).add_(constants.epsilon);
}

}  // namespace rpp
