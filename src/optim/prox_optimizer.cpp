#include "rpp/prox_optimizer.h"

#include <torch/serialize/archive.h>

#include <map>

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

const ProxAdamWOptions& options_of(const torch::optim::OptimizerParamGroup& group) {
  return static_cast<const ProxAdamWOptions&>(group.options());
}

ProxOptimizer::Groups group_of_all(const torch::nn::Module& module) {
  std::vector<torch::Tensor> trainable;
  for (const auto& parameter : module.parameters()) {
    if (parameter.requires_grad()) trainable.push_back(parameter);
  }
  return {torch::optim::OptimizerParamGroup(std::move(trainable))};
}

// The group of each parameter of the flat buffer.
std::vector<size_t> find_groups(const torch::nn::Module& module, const FlatParams& flat,
                                const ProxOptimizer::Groups& groups) {
  std::map<const c10::TensorImpl*, size_t> group_of;
  for (size_t i = 0; i < groups.size(); ++i) {
    for (const auto& parameter : groups[i].params()) group_of[parameter.unsafeGetTensorImpl()] = i;
  }
  const auto parameters = module.named_parameters();
  std::vector<size_t> found;
  for (const auto& entry : flat.entries()) {
    const auto place = group_of.find(parameters[entry.name].unsafeGetTensorImpl());
    RPP_CHECK(place != group_of.end(), "{} is in no parameter group: add it to one, or freeze it",
              entry.name);
    found.push_back(place->second);
  }
  RPP_CHECK(group_of.size() == found.size(),
            "the parameter groups hold {} tensors, the module has {} trainable parameters", group_of.size(),
            found.size());
  return found;
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
    : ProxOptimizer(module, group_of_all(module), std::move(options), is_prunable) {}

ProxOptimizer::ProxOptimizer(const torch::nn::Module& module, Groups groups, ProxAdamWOptions defaults,
                             const IsPrunable& is_prunable)
    : Optimizer(std::move(groups), std::make_unique<ProxAdamWOptions>(defaults)),
      flat_(param_specs_of(module, is_prunable)),
      group_of_entry_(find_groups(module, flat_, param_groups())),
      adamw_(flat_, config_of(defaults)) {}

void ProxOptimizer::apply_options() {
  const ProxAdamWOptions& first = options_of(param_groups().front());
  for (const auto& group : param_groups()) {
    const ProxAdamWOptions& options = options_of(group);
    RPP_CHECK(options.betas() == first.betas() && options.eps() == first.eps() &&
                  options.bias_correction() == first.bias_correction(),
              "the parameter groups have different betas, eps or bias_correction: only the learning rate and "
              "the weight decay may differ");
  }
  std::vector<ProxAdamW::EntryOptions> entries;
  for (size_t i = 0; i < group_of_entry_.size(); ++i) {
    const ProxAdamWOptions& options = options_of(param_groups()[group_of_entry_[i]]);
    const bool decayed = flat_.entries()[i].offset < flat_.num_decayed();
    entries.push_back({.rate_factor = options.lr(), .weight_decay = decayed ? options.weight_decay() : 0.0});
  }
  adamw_.set_options(config_of(first), entries);
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
  apply_options();
  adamw_.step(1.0, rule);  // times the learning rate of each group
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
