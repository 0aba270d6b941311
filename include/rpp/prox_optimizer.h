// ProxAdamW as an optimizer of LibTorch, for the parameters of any torch::nn::Module: docs/tutorials/
// your-own-module.md.
//
// Parameter groups, learning-rate schedulers, torch::save and torch::load work as with torch::optim::AdamW.
// Which weights are pruned is decided by name or shape; how they shrink in a step is the rule that a pruner
// gives (pruner.h).
#pragma once

#include <torch/nn/module.h>
#include <torch/optim/optimizer.h>

#include <functional>
#include <string>
#include <tuple>
#include <vector>

#include "rpp/flat_params.h"
#include "rpp/param_spec.h"
#include "rpp/prox_adamw.h"

namespace rpp {

using IsPrunable = std::function<bool(const std::string& name, const torch::Tensor& parameter)>;

// All matrices: parameters of two dimensions with more than one row and column.
bool is_matrix(const std::string& name, const torch::Tensor& parameter);

// The trainable parameters of a module under their registered names. Prunable: those for which `is_prunable`
// is true; decayed: others of two or more dimensions; undecayed: vectors. Throws Error when a prunable
// parameter is not a matrix.
std::vector<ParamSpec> param_specs_of(const torch::nn::Module& module,
                                      const IsPrunable& is_prunable = is_matrix);

struct ProxAdamWOptions : public torch::optim::OptimizerCloneableOptions<ProxAdamWOptions> {
  using betas_t = std::tuple<double, double>;

  ProxAdamWOptions(double learning_rate = 1e-3) : lr_(learning_rate) {}
  TORCH_ARG(double, lr) = 1e-3;
  TORCH_ARG(betas_t, betas) = std::make_tuple(0.9, 0.999);
  TORCH_ARG(double, eps) = 1e-8;
  TORCH_ARG(double, weight_decay) = 1e-2;  // of matrices; vectors have none
  TORCH_ARG(bool, bias_correction) = true;

 public:
  double get_lr() const override { return lr(); }
  void set_lr(double learning_rate) override { lr_ = learning_rate; }
};

class ProxOptimizer : public torch::optim::Optimizer {
 public:
  using Groups = std::vector<torch::optim::OptimizerParamGroup>;

  // Moves the parameters into one buffer (FlatParams): move the module to its device and dtype first. Throws
  // Error for parameters that are not fp32 or are on several devices.
  explicit ProxOptimizer(const torch::nn::Module& module, ProxAdamWOptions options = {},
                         const IsPrunable& is_prunable = is_matrix);
  // With groups, which together hold all trainable parameters of the module, each once. Learning rate and
  // weight decay may differ between groups, betas, eps and bias_correction may not: step() throws Error. What
  // is changed in options() holds from the next step.
  ProxOptimizer(const torch::nn::Module& module, Groups groups, ProxAdamWOptions defaults = {},
                const IsPrunable& is_prunable = is_matrix);

  // Keeps the gradients in the buffer, where pruners that rank by them look; zero_grad() of the module, or of
  // torch::optim::Optimizer, removes them, and step() finds the new ones.
  void zero_grad();
  // One update with the current gradients; a missing gradient counts as 0. Returns the closure's loss.
  torch::Tensor step(LossClosure closure = nullptr) override;
  // The same with a rule for the prunable weights, such as Pruner::rule().
  torch::Tensor step(const ShrinkRule& rule, const LossClosure& closure = nullptr);

  // Moments and the number of updates. Throws c10::Error for an archive of another module.
  void save(torch::serialize::OutputArchive& archive) const override;
  void load(torch::serialize::InputArchive& archive) override;

  // The PrunerContext for make_pruner.
  FlatParams& flat() { return flat_; }
  ProxAdamW& adamw() { return adamw_; }

 private:
  void apply_options();

  FlatParams flat_;
  std::vector<size_t> group_of_entry_;  // of flat_.entries(), in param_groups()
  ProxAdamW adamw_;
};

}  // namespace rpp
