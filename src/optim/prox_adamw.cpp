#include "rpp/prox_adamw.h"

#include <ATen/Parallel.h>
#include <algorithm>
#include <cassert>
#include <cmath>

#include "ops/adamw_kernel.h"
#include "ops/section.h"
#include "ops/torch.h"
#include "plan/groups.h"
#include "rpp/error.h"

#ifdef RPP_CUDA
#include <c10/cuda/CUDAGuard.h>
#include <c10/cuda/CUDAStream.h>
#endif

namespace rpp {
namespace {

// Minimum elements per thread: half a megabyte of traffic, far above the cost of waking it.
constexpr int64_t kGrain = 1 << 14;

void update_on_cpu(const AdamWStep& step, const AdamWSpan& span) {
  const int64_t block = shrinks_blocks(step) ? step.block : 1;
  at::parallel_for(0, span.size / block, kGrain / block, [&](int64_t begin, int64_t end) {
    adamw_cpu(step, sub_span(span, begin * block, (end - begin) * block));
  });
}

void update_on_cuda(const AdamWStep& step, const AdamWSpan& span, const torch::Device& device) {
#ifdef RPP_CUDA
  const c10::cuda::CUDAGuard guard(device);
  const int error = adamw_cuda(step, span, c10::cuda::getCurrentCUDAStream(device.index()).stream());
  RPP_CHECK(error == 0, "the optimizer's kernel could not start on {}: cudaError_t {}", device.str(), error);
#else
  static_cast<void>(step);
  static_cast<void>(span);
  fail("this build has no CUDA kernels and the parameters are on {}: build with -DRPP_CUDA=ON", device.str());
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
  if (rule.kind == ShrinkRule::Kind::none) return;
  if (rule.kind == ShrinkRule::Kind::mask || rule.keep.defined()) {
    check_rule_tensor(rule.keep, "keep", torch::kUInt8, params);
  }
  if (rule.kind == ShrinkRule::Kind::mask) return;
  check_rule_tensor(rule.alpha, "alpha", torch::kFloat32, params);
  RPP_CHECK(rule.matrix_gammas.empty() || rule.matrix_gammas.size() == params.matrices().size(),
            "the shrink rule has {} gammas, the model {} prunable matrices", rule.matrix_gammas.size(),
            params.matrices().size());
  check_block(rule.block, params.matrices());
}

// Everything except the learning rate and the values derived from it.
AdamWStep step_constants(const OptimizerConfig& config, int64_t step_count) {
  AdamWStep step;
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
      spans_(options_spans(options_of_config())),
      exp_avg_(torch::zeros_like(params.values())),
      exp_avg_sq_(torch::zeros_like(params.values())) {}

std::vector<ProxAdamW::EntryOptions> ProxAdamW::options_of_config() const {
  std::vector<EntryOptions> options;
  for (const auto& entry : params_.entries()) {
    options.push_back({.rate_factor = std::pow(config_.layer_decay, static_cast<double>(entry.depth)),
                       .weight_decay = entry.offset < params_.num_decayed() ? config_.weight_decay : 0.0});
  }
  return options;
}

// Gaps are parameters that are not trained.
std::vector<ProxAdamW::OptionsSpan> ProxAdamW::options_spans(const std::vector<EntryOptions>& entries) const {
  std::vector<OptionsSpan> spans;
  for (size_t i = 0; i < entries.size(); ++i) {
    const FlatEntry& entry = params_.entries()[i];
    if (!entry.trained) continue;
    const bool continues =
        !spans.empty() && spans.back().options == entries[i] && spans.back().end == entry.offset;
    if (!continues) spans.push_back({entry.offset, entry.offset, entries[i]});
    spans.back().end += entry.numel;
  }
  return spans;
}

void ProxAdamW::set_options(const OptimizerConfig& config, const std::vector<EntryOptions>& entries) {
  assert(entries.size() == params_.entries().size());
  config_ = config;
  spans_ = options_spans(entries);
}

void ProxAdamW::update(const AdamWSpan& all, AdamWStep constants, const Part& part,
                       double learning_rate) const {
  const auto device = params_.values().device();
  for (const OptionsSpan& span : spans_) {
    const int64_t begin = std::max(part.begin, span.begin), end = std::min(part.end, span.end);
    if (begin >= end) continue;
    const double rate = learning_rate * span.options.rate_factor;
    constants.learning_rate = static_cast<float>(rate);
    constants.decay = static_cast<float>(rate * span.options.weight_decay);
    constants.threshold = static_cast<float>(rate * part.gamma);
    if (device.is_cpu()) {
      update_on_cpu(constants, sub_span(all, begin, end - begin));
    } else {
      update_on_cuda(constants, sub_span(all, begin, end - begin), device);
    }
  }
}

void ProxAdamW::step(double learning_rate, const ShrinkRule& rule, double grad_scale) {
  const Section section("rpp::optimizer");
  check_rule(rule, params_);
  ++step_count_;
  AdamWStep constants = step_constants(config_, step_count_);
  constants.grad_scale = static_cast<float>(grad_scale);

  AdamWSpan all;
  all.values = params_.values().data_ptr<float>();
  all.grads = params_.grads().const_data_ptr<float>();
  all.exp_avg = exp_avg_.data_ptr<float>();
  all.exp_avg_sq = exp_avg_sq_.data_ptr<float>();
  if (params_.working().defined()) all.working = static_cast<uint16_t*>(params_.working().data_ptr());

  AdamWSpan prunable = all;
  if (rule.kind != ShrinkRule::Kind::none && rule.keep.defined()) {
    prunable.keep = rule.keep.const_data_ptr<uint8_t>();
  }
  if (rule.kind == ShrinkRule::Kind::prox) prunable.alpha = rule.alpha.const_data_ptr<float>();
  const int64_t num_prunable = params_.num_prunable();

  constants.shrink = shrink_of(rule);
  constants.block = rule.block;
  if (rule.matrix_gammas.empty()) {
    update(prunable, constants, {0, num_prunable, rule.gamma}, learning_rate);
  }
  for (size_t i = 0; i < rule.matrix_gammas.size(); ++i) {
    const auto& matrix = params_.matrices()[i];
    const int64_t end = matrix.offset + matrix.rows * matrix.cols;
    update(prunable, constants, {matrix.offset, end, rule.matrix_gammas[i]}, learning_rate);
  }
  constants.shrink = AdamWShrink::none;
  update(all, constants, {num_prunable, params_.size()}, learning_rate);
}

torch::Tensor ProxAdamW::denominators(const torch::Tensor& indices) const {
  assert(step_count_ > 0);
  const double share = std::sqrt(1.0 - std::pow(config_.beta2, static_cast<double>(step_count_)));
  return exp_avg_sq_.index_select(0, indices).sqrt_().div_(share).add_(config_.epsilon);
}

double ProxAdamW::denominator_share(int64_t count) const {
  return config_.bias_correction ? 1.0 : std::sqrt(1.0 - std::pow(config_.beta2, static_cast<double>(count)));
}

}  // namespace rpp
