#include "rpp/prox_optimizer.h"

#include <gtest/gtest.h>
#include <torch/optim/adamw.h>
#include <torch/optim/schedulers/step_lr.h>
#include <torch/serialize.h>

#include <cmath>
#include <sstream>

#include "message_of.h"
#include "ops/torch.h"

namespace rpp {
namespace {

// Two matrices, a vector, and a frozen parameter.
struct Net : torch::nn::Module {
  Net() {
    torch::manual_seed(7);
    first = register_parameter("first", torch::randn({8, 4}) * 0.5);
    bias = register_parameter("bias", torch::zeros({8}));
    last = register_parameter("last", torch::randn({1, 8}) * 0.5);
    register_parameter("frozen", torch::ones({3}), /*requires_grad=*/false);
  }
  torch::Tensor forward(const torch::Tensor& x) const {
    return torch::matmul(torch::tanh(torch::matmul(x, first.t()) + bias), last.t());
  }
  torch::Tensor loss(const torch::Tensor& x) const { return (forward(x) - x.sum(1, true)).square().mean(); }

  torch::Tensor first, bias, last;
};

torch::Tensor batch(int64_t step) {
  torch::manual_seed(step);
  return torch::randn({16, 4});
}

void train(Net& net, torch::optim::Optimizer& optimizer, int64_t begin, int64_t end) {
  for (int64_t step = begin; step < end; ++step) {
    optimizer.zero_grad();
    net.loss(batch(step)).backward();
    optimizer.step();
  }
}

// LibTorch's optimizer, without decay on the vector.
std::unique_ptr<torch::optim::AdamW> reference_optimizer(Net& net,
                                                         const torch::optim::AdamWOptions& options) {
  auto undecayed = options;
  undecayed.weight_decay(0);
  std::vector<torch::optim::OptimizerParamGroup> groups;
  groups.emplace_back(std::vector<torch::Tensor>{net.first, net.last},
                      std::make_unique<torch::optim::AdamWOptions>(options));
  groups.emplace_back(std::vector<torch::Tensor>{net.bias},
                      std::make_unique<torch::optim::AdamWOptions>(undecayed));
  return std::make_unique<torch::optim::AdamW>(groups, options);
}

double largest_difference(const Net& a, const Net& b) {
  double largest = 0;
  const auto of_b = b.named_parameters();
  for (const auto& item : a.named_parameters()) {
    largest = std::max(largest, (item.value() - of_b[item.key()]).abs().max().item<double>());
  }
  return largest;
}

TEST(ProxOptimizer, WithoutARuleItEqualsLibTorchAdamWUnderAScheduler) {
  Net ours, theirs;
  ProxOptimizer optimizer(ours, ProxAdamWOptions(0.02).weight_decay(0.1).eps(1e-6).betas({0.8, 0.99}));
  const auto reference = reference_optimizer(
      theirs, torch::optim::AdamWOptions(0.02).weight_decay(0.1).eps(1e-6).betas({0.8, 0.99}));
  torch::optim::StepLR schedule(optimizer, 5, 0.1), reference_schedule(*reference, 5, 0.1);
  for (int64_t step = 0; step < 12; ++step) {
    train(ours, optimizer, step, step + 1);
    train(theirs, *reference, step, step + 1);
    schedule.step();
    reference_schedule.step();
  }
  EXPECT_LT(largest_difference(ours, theirs), 2e-6);
  EXPECT_GT(largest_difference(ours, Net()), 0.02);
}

TEST(ProxOptimizer, StepReturnsTheLossOfTheClosure) {
  Net net;
  ProxOptimizer optimizer(net);
  const double expected = net.loss(batch(1)).item<double>();
  const auto loss = optimizer.step([&] {
    optimizer.zero_grad();
    auto value = net.loss(batch(1));
    value.backward();
    return value;
  });
  EXPECT_DOUBLE_EQ(loss.item<double>(), expected);
  EXPECT_GT(largest_difference(net, Net()), 1e-4);
}

TEST(ProxOptimizer, AClosureRecordsGradientsUnderNoGrad) {
  Net net;
  ProxOptimizer optimizer(net);
  const torch::NoGradGuard no_grad;
  optimizer.step([&] {
    auto value = net.loss(batch(1));
    value.backward();
    return value;
  });
  EXPECT_GT(largest_difference(net, Net()), 1e-4);
}

// Without bias correction the first step is rate * (1 - beta1) / sqrt(1 - beta2) instead of the learning
// rate.
TEST(ProxOptimizer, BiasCorrectionCanBeLeftOut) {
  Net net;
  ProxOptimizer optimizer(net, ProxAdamWOptions(0.01).betas({0.9, 0.999}).bias_correction(false));
  train(net, optimizer, 0, 1);
  EXPECT_NEAR(net.bias.abs().max().item<double>(), 0.01 * 0.1 / std::sqrt(0.001), 1e-5);
}

TEST(ProxOptimizer, ARuleHoldsZerosAgainstDecayAndMoments) {
  Net net;
  ProxOptimizer optimizer(net, ProxAdamWOptions(0.05),
                          [](const std::string& name, const torch::Tensor&) { return name == "first"; });
  ASSERT_EQ(optimizer.flat().num_prunable(), 32);
  ShrinkRule rule{.kind = ShrinkRule::Kind::mask, .keep = torch::ones({32}, torch::kUInt8)};
  rule.keep.narrow(0, 4, 8).zero_();
  for (int64_t step = 0; step < 5; ++step) {
    optimizer.zero_grad();
    net.loss(batch(step)).backward();
    optimizer.step(rule);
  }
  EXPECT_EQ(net.first.narrow(0, 1, 2).abs().max().item<float>(), 0.0F);
  EXPECT_GT(net.first.select(0, 0).abs().min().item<float>(), 0.0F);
}

// A missing gradient counts as zeros, and the buffer receives gradients stored in new tensors.
TEST(ProxOptimizer, ReplacedGradientTensorsAreUsed) {
  Net ours, theirs;
  ProxOptimizer optimizer(ours), other(theirs);
  for (int64_t step = 0; step < 4; ++step) {
    if (step % 2 == 0) ours.zero_grad();  // sets the module's gradients to undefined
    if (step % 2 == 1) optimizer.flat().zero_grad();
    ours.loss(batch(step)).backward();
    optimizer.step();
    other.flat().zero_grad();
    theirs.loss(batch(step)).backward();
    other.step();
  }
  EXPECT_EQ(largest_difference(ours, theirs), 0.0);
}

TEST(ProxOptimizer, ContinuesFromASavedStateBitForBit) {
  Net whole, half;
  ProxOptimizer optimizer(whole), first_half(half);
  train(whole, optimizer, 0, 6);
  train(half, first_half, 0, 3);
  std::stringstream stream;
  torch::save(first_half, stream);
  ProxOptimizer second_half(half);
  torch::load(second_half, stream);
  train(half, second_half, 3, 6);
  EXPECT_EQ(largest_difference(whole, half), 0.0);
}

TEST(ProxOptimizer, AStateOfAnotherModuleIsRefused) {
  Net net;
  ProxOptimizer optimizer(net);
  std::stringstream stream;
  torch::save(optimizer, stream);
  struct Small : torch::nn::Module {
    Small() { register_parameter("w", torch::ones({2, 2})); }
  } small;
  ProxOptimizer other(small);
  try {
    torch::load(other, stream);
    FAIL() << "it was taken";
  } catch (const c10::Error& error) {
    EXPECT_NE(std::string(error.what()).find("moments of 48 parameters, this optimizer has 4"),
              std::string::npos)
        << error.what();
  }
}

TEST(ParamSpecsOf, GroupsByNameAndShapeAndSkipsFrozenParameters) {
  const Net net;
  std::map<std::string, ParamGroup> groups;
  for (const auto& spec : param_specs_of(net)) groups[spec.name] = spec.group;
  EXPECT_EQ(groups, (std::map<std::string, ParamGroup>{{"first", ParamGroup::prunable},
                                                       {"bias", ParamGroup::undecayed},
                                                       {"last", ParamGroup::decayed}}));
  EXPECT_EQ(message_of([&] {
              param_specs_of(net,
                             [](const std::string& name, const torch::Tensor&) { return name == "bias"; });
            }),
            "bias has 1 dimensions: only matrices can be pruned");
}

// Groups of torch::optim with their own rates and decays, some of which change on the way.
TEST(ProxOptimizer, ParameterGroupsEqualThoseOfLibTorchAdamW) {
  Net ours, theirs;
  const auto group = [](const torch::Tensor& a, const torch::Tensor& b, auto options) {
    return torch::optim::OptimizerParamGroup({a, b}, std::make_unique<decltype(options)>(options));
  };
  ProxOptimizer optimizer(
      ours, {group(ours.first, ours.bias, ProxAdamWOptions(0.02).weight_decay(0)),
             torch::optim::OptimizerParamGroup({ours.last}, std::make_unique<ProxAdamWOptions>(
                                                                ProxAdamWOptions(0.005).weight_decay(0.3)))});
  std::vector<torch::optim::OptimizerParamGroup> groups;
  groups.push_back(group(theirs.first, theirs.bias, torch::optim::AdamWOptions(0.02).weight_decay(0)));
  groups.emplace_back(std::vector{theirs.last}, std::make_unique<torch::optim::AdamWOptions>(
                                                    torch::optim::AdamWOptions(0.005).weight_decay(0.3)));
  torch::optim::AdamW reference(groups);
  for (int64_t step = 0; step < 8; ++step) {
    if (step == 3) {
      for (auto& changed : optimizer.param_groups()) {
        static_cast<ProxAdamWOptions&>(changed.options()).betas({0.7, 0.95}).eps(1e-3);
      }
      for (auto& changed : reference.param_groups()) {
        static_cast<torch::optim::AdamWOptions&>(changed.options()).betas({0.7, 0.95}).eps(1e-3);
      }
    }
    train(ours, optimizer, step, step + 1);
    train(theirs, reference, step, step + 1);
  }
  EXPECT_LT(largest_difference(ours, theirs), 2e-6);
}

TEST(ProxOptimizer, GroupsThatDoNotFitAreRefused) {
  Net net;
  EXPECT_EQ(message_of([&] {
              ProxOptimizer(net, {torch::optim::OptimizerParamGroup({net.first, net.last})});
            }),
            "bias is in no parameter group: add it to one, or freeze it");
  Net other;
  ProxOptimizer optimizer(other, {torch::optim::OptimizerParamGroup({other.first}),
                                  torch::optim::OptimizerParamGroup({other.bias, other.last})});
  static_cast<ProxAdamWOptions&>(optimizer.param_groups()[1].options()).eps(0.1);
  EXPECT_EQ(message_of([&] { train(other, optimizer, 0, 1); }),
            "the parameter groups have different betas, eps or bias_correction: only the learning rate and "
            "the weight decay may differ");
}

}  // namespace
}  // namespace rpp
