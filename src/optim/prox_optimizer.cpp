#include "optim/prox_optimizer.h"

#include <torch/serialize/archive.h>

#include "ops/torch.h"
#include "rpp/error.h"

namespace rpp {
namespace {

OptimizerConfig config_of(const ProxAdamWOptions& options) {
  OptimizerConfig config;
  config.learning_rate = options.lr();
  config.beta1 = std::get<0>(options.betas());
  config.beta2 = std::get<1>(options.betas());
  config.epsilon = options.eps();
  config.weight_decay = options.weight_decay();
  config.bias_correction = options.bias_correction();
  return config;
}

}  // namespace

bool is_matrix(const std::string&, const torch::Tensor& parameter) {
  return parameter.dim() == 2 && parameter.size(0) > 1 && parameter.size(1) > 1;
}

std::vector<ParamSpec> param_specs_of(const torch::nn::Module& module, const IsPrunable& is_prunable) {
  std::vector<ParamSpec> specs;
  for (const auto& item : module.named_parameters()) {
    const std::string& name = item.key();
    const torch::Tensor& parameter = item.value();
    if (!parameter.requires_grad()) continue;
    ParamSpec spec{.name = name, .param = parameter};
    if (is_prunable(name, parameter)) {
      RPP_CHECK(parameter.dim() == 2, "{} has {} dimensions: only matrices can be pruned", name,
                parameter.dim());
      spec.group = ParamGroup::prunable;
      spec.matrices = {{.name = name, .first_row = 0, .rows = parameter.size(0), .cols = parameter.size(1)}};
    } else if (parameter.dim() > 1) {
      spec.group = ParamGroup::decayed;
    }
    specs.push_back(std::move(spec));
  }
  return specs;
}

ProxOptimizer::ProxOptimizer(const torch::nn::Module& module, ProxAdamWOptions options,
                             const IsPrunable& is_prunable)
    : Optimizer(module.parameters(), std::make_unique<ProxAdamWOptions>(options)),
      flat_(param_specs_of(module, is_prunable)),
      adamw_(flat_, config_of(options)) {}

const ProxAdamWOptions& ProxOptimizer::current_options() const {
  return static_cast<const ProxAdamWOptions&>(param_groups_.front().options());
}

void ProxOptimizer::zero_grad() {
  flat_.collect_grads();
  flat_.zero_grad();
}

torch::Tensor ProxOptimizer::step(LossClosure closure) {
  return step(ShrinkRule{}, closure);
}

torch::Tensor ProxOptimizer::step(const ShrinkRule& rule, const LossClosure& closure) {
  torch::Tensor loss;
  if (closure) {
    const at::AutoGradMode with_gradients(true);
    loss = closure();
  }
  const torch::NoGradGuard no_grad;
  flat_.collect_grads();
  adamw_.step(current_options().lr(), rule);
  return loss;
}

void ProxOptimizer::save(torch::serialize::OutputArchive& archive) const {
  archive.write("exp_avg", adamw_.exp_avg(), /*is_buffer=*/true);
  archive.write("exp_avg_sq", adamw_.exp_avg_sq(), /*is_buffer=*/true);
  archive.write("step_count", torch::tensor(adamw_.step_count(), torch::kInt64), /*is_buffer=*/true);
}

void ProxOptimizer::load(torch::serialize::InputArchive& archive) {
  torch::Tensor exp_avg, exp_avg_sq, step_count;
  archive.read("exp_avg", exp_avg, /*is_buffer=*/true);
  archive.read("exp_avg_sq", exp_avg_sq, /*is_buffer=*/true);
  archive.read("step_count", step_count, /*is_buffer=*/true);
  TORCH_CHECK(exp_avg.sizes() == adamw_.exp_avg().sizes() && exp_avg_sq.sizes() == exp_avg.sizes(),
              "the archive holds moments of ", exp_avg.numel(), " parameters, this optimizer has ",
              flat_.size());
  const torch::NoGradGuard no_grad;
  adamw_.exp_avg().copy_(exp_avg);
  adamw_.exp_avg_sq().copy_(exp_avg_sq);
  adamw_.set_step_count(step_count.item<int64_t>());
}

}  // namespace rpp
