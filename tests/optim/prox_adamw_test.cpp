#include "rpp/prox_adamw.h"

#include <gtest/gtest.h>
#include <torch/optim/adamw.h>

#include <cmath>

#include "ops/adamw_kernel.h"
#include "ops/torch.h"
#include "rpp/error.h"
#include "some_params.h"

namespace rpp::test {
namespace {

constexpr double kRate = 1e-2;

OptimizerConfig some_config() {
  OptimizerConfig config;
  config.weight_decay = 0.1;
  config.epsilon = 1e-8;
  return config;
}

torch::Tensor gradients_of_step(int64_t size, int64_t step) {
  return gaussian({size}, 0.3, 100 + static_cast<uint64_t>(step));
}

// The largest difference divided by the largest value.
double relative_error(const torch::Tensor& actual, const torch::Tensor& expected) {
  const auto exact = expected.detach().to(torch::kFloat64);
  return (actual.detach().to(torch::kFloat64) - exact).abs().max().item<double>() /
         exact.abs().max().item<double>();
}

// Ten steps of torch::optim::AdamW from the same values with the same gradients; decay as in the groups.
torch::Tensor torch_adamw(const FlatParams& params, const OptimizerConfig& config, double grad_scale) {
  auto decayed = params.values().narrow(0, 0, kDecayed).clone().requires_grad_();
  auto undecayed = params.values().narrow(0, kDecayed, kAll - kDecayed).clone().requires_grad_();
  const auto options = [&](double decay) {
    return torch::optim::AdamWOptions(kRate)
        .betas({config.beta1, config.beta2})
        .eps(config.epsilon)
        .weight_decay(decay);
  };
  torch::optim::AdamW with_decay({decayed}, options(config.weight_decay));
  torch::optim::AdamW without_decay({undecayed}, options(0.0));
  for (int64_t step = 0; step < 10; ++step) {
    const auto grads = gradients_of_step(kAll, step) * grad_scale;
    decayed.mutable_grad() = grads.narrow(0, 0, kDecayed).clone();
    undecayed.mutable_grad() = grads.narrow(0, kDecayed, kAll - kDecayed).clone();
    with_decay.step();
    without_decay.step();
  }
  return torch::cat({decayed.detach(), undecayed.detach()});
}

void ten_steps(FlatParams& params, ProxAdamW& optimizer, const ShrinkRule& rule = {},
               double grad_scale = 1.0) {
  for (int64_t step = 0; step < 10; ++step) {
    params.grads().copy_(gradients_of_step(params.size(), step));
    optimizer.step(kRate, rule, grad_scale);
  }
}

TEST(ProxAdamW, EqualsTorchAdamWForTenSteps) {
  FlatParams params(some_params());
  const auto expected = torch_adamw(params, some_config(), 1.0);
  ProxAdamW optimizer(params, some_config());
  ten_steps(params, optimizer);
  EXPECT_LT(relative_error(params.values(), expected), 1e-6);
  EXPECT_EQ(optimizer.step_count(), 10);
}

TEST(ProxAdamW, AGradientScaleEqualsScaledGradients) {
  FlatParams params(some_params());
  const auto expected = torch_adamw(params, some_config(), 0.25);
  ProxAdamW optimizer(params, some_config());
  ten_steps(params, optimizer, {}, 0.25);
  EXPECT_LT(relative_error(params.values(), expected), 1e-6);
}

// BERT's own optimizer, arXiv:1810.04805's optimization.py in ten lines of double precision.
torch::Tensor bert_adamw(const FlatParams& params, const OptimizerConfig& config) {
  auto w = params.values().to(torch::kFloat64).clone();
  auto m = torch::zeros_like(w), v = torch::zeros_like(w);
  const auto decays = torch::arange(kAll).lt(kDecayed).to(torch::kFloat64) * config.weight_decay;
  for (int64_t step = 0; step < 10; ++step) {
    const auto g = gradients_of_step(kAll, step).to(torch::kFloat64);
    m = config.beta1 * m + (1 - config.beta1) * g;
    v = config.beta2 * v + (1 - config.beta2) * g * g;
    w = w - kRate * (m / (v.sqrt() + config.epsilon) + decays * w);
  }
  return w;
}

TEST(ProxAdamW, WithoutBiasCorrectionItIsBertsOptimizer) {
  auto config = some_config();
  config.bias_correction = false;
  config.epsilon = 1e-6;
  FlatParams params(some_params());
  const auto expected = bert_adamw(params, config);
  ProxAdamW optimizer(params, config);
  ten_steps(params, optimizer);
  EXPECT_LT(relative_error(params.values(), expected), 1e-6);
}

// Ten steps with the prox after each, in double precision, for one prunable span without decay.
torch::Tensor proximal_reference(const FlatParams& params, const ShrinkRule& rule,
                                 const OptimizerConfig& config) {
  auto w = params.values().to(torch::kFloat64).clone();
  auto m = torch::zeros_like(w), v = torch::zeros_like(w);
  const auto alpha = rule.alpha.to(torch::kFloat64);
  for (int64_t step = 0; step < 10; ++step) {
    const auto g = gradients_of_step(params.size(), step).to(torch::kFloat64);
    m = config.beta1 * m + (1 - config.beta1) * g;
    v = config.beta2 * v + (1 - config.beta2) * g * g;
    const auto v_hat = v / (1 - std::pow(config.beta2, step + 1));
    const auto denominator = v_hat.sqrt() + config.epsilon;
    const auto a = w * (1 - kRate * config.weight_decay) -
                   kRate * m / (1 - std::pow(config.beta1, step + 1)) / denominator;
    auto tau = kRate * rule.gamma * alpha;
    if (rule.preconditioned) tau = tau / denominator;
    w = a.sign() * (a.abs() - tau).clamp_min(0);
  }
  return w;
}

class ProxRule : public testing::TestWithParam<bool> {};

TEST_P(ProxRule, EqualsTheReferenceForTenSteps) {
  FlatParams params(one_matrix(1001));
  ShrinkRule rule{.kind = ShrinkRule::Kind::prox, .gamma = 0.05, .preconditioned = GetParam()};
  rule.alpha = 1.0 / (params.values().abs() + 0.1);
  const auto expected = proximal_reference(params, rule, some_config());
  ProxAdamW optimizer(params, some_config());
  ten_steps(params, optimizer, rule);
  EXPECT_LT(relative_error(params.values(), expected), 1e-5);  // ten times the rounding error at a threshold
  EXPECT_GT(expected.eq(0).sum().item<int64_t>(), 20);         // otherwise nothing was compared
}

INSTANTIATE_TEST_SUITE_P(ProxAdamW, ProxRule, testing::Bool(),
                         [](const auto& info) { return info.param ? "preconditioned" : "lr"; });

TEST(ProxAdamW, TheThresholdIsLearningRateTimesGammaTimesAlpha) {
  FlatParams params(one_matrix(3));
  params.values().copy_(torch::tensor({0.5F, -0.5F, 0.05F}));
  auto config = some_config();
  config.weight_decay = 0.0;
  ProxAdamW optimizer(params, config);  // gradients are zero: only the prox moves weights
  ShrinkRule rule{.kind = ShrinkRule::Kind::prox, .gamma = 2.0};
  rule.alpha = torch::tensor({1.0F, 3.0F, 1.0F});
  optimizer.step(0.1, rule);
  EXPECT_TRUE(params.values().allclose(torch::tensor({0.3F, 0.0F, 0.0F})));
  EXPECT_FALSE(params.values().signbit().any().item<bool>());
}

TEST(ProxAdamW, EachMatrixMayHaveItsOwnGamma) {
  ParamSpec spec{"w", torch::full({3, 2}, 0.5F).requires_grad_(), ParamGroup::prunable, {}};
  spec.matrices = {{"a", 0, 1, 2}, {"b", 1, 1, 2}, {"c", 2, 1, 2}};
  FlatParams params({spec});
  auto config = some_config();
  config.weight_decay = 0.0;
  ProxAdamW optimizer(params, config);
  ShrinkRule rule{
      .kind = ShrinkRule::Kind::prox, .alpha = torch::ones({6}), .matrix_gammas = {1.0, 1.0, 3.0}};
  optimizer.step(0.1, rule);
  EXPECT_TRUE(params.values().allclose(torch::tensor({0.4F, 0.4F, 0.4F, 0.4F, 0.2F, 0.2F})));
  rule.matrix_gammas.pop_back();
  EXPECT_THROW(optimizer.step(0.1, rule), Error);
}

// The top layer moves by the learning rate, one two layers below by a quarter of it.
TEST(ProxAdamW, LayerDecayLowersTheLearningRateOfDeeperParameters) {
  auto specs = some_params();
  for (auto& spec : specs) spec.depth = spec.name == "qk" || spec.name == "bias" ? 2 : 0;
  FlatParams params(std::move(specs)), fast(some_params()), slow(some_params());
  OptimizerConfig config = some_config();
  ProxAdamW full(fast, config), quarter(slow, config);
  config.layer_decay = 0.5;
  ProxAdamW decayed(params, config);
  const ShrinkRule rule{.kind = ShrinkRule::Kind::prox,
                        .alpha = torch::ones({kPrunable}),
                        .gamma = 0.1,
                        .preconditioned = true};
  for (int64_t step = 0; step < 5; ++step) {
    for (FlatParams* each : {&params, &fast, &slow}) each->grads().copy_(gradients_of_step(kAll, step));
    decayed.step(kRate, rule);
    full.step(kRate, rule);
    quarter.step(kRate / 4, rule);
  }
  for (const auto& entry : params.entries()) {
    const auto& expected = entry.depth == 2 ? slow : fast;
    EXPECT_TRUE(torch::equal(params.values().narrow(0, entry.offset, entry.numel),
                             expected.values().narrow(0, entry.offset, entry.numel)))
        << entry.name;
  }
}

TEST(ProxAdamW, OnlyThePrunableSpanIsShrunk) {
  FlatParams shrunk(some_params()), plain(some_params());
  ProxAdamW with_rule(shrunk, some_config()), without(plain, some_config());
  ShrinkRule rule{.kind = ShrinkRule::Kind::prox, .alpha = torch::full({kPrunable}, 1e9F), .gamma = 1.0};
  ten_steps(shrunk, with_rule, rule);
  ten_steps(plain, without);
  EXPECT_TRUE(shrunk.values().narrow(0, 0, kPrunable).eq(0).all().item<bool>());
  EXPECT_TRUE(shrunk.values()
                  .narrow(0, kPrunable, kAll - kPrunable)
                  .equal(plain.values().narrow(0, kPrunable, kAll - kPrunable)));
}

TEST(ProxAdamW, AMaskHoldsZerosAndTheirMomentsOnly) {
  FlatParams masked(some_params()), plain(some_params());
  ProxAdamW with_mask(masked, some_config()), without(plain, some_config());
  const auto keep = torch::arange(kPrunable).remainder(3).ne(0).to(torch::kUInt8);
  ten_steps(masked, with_mask, {.kind = ShrinkRule::Kind::mask, .keep = keep});
  ten_steps(plain, without);
  const auto kept = torch::cat({keep, torch::ones({kAll - kPrunable}, torch::kUInt8)}).to(torch::kBool);
  const auto zero = torch::zeros({});
  EXPECT_TRUE(masked.values().equal(torch::where(kept, plain.values(), zero)));
  EXPECT_TRUE(with_mask.exp_avg().equal(torch::where(kept, without.exp_avg(), zero)));
  EXPECT_TRUE(with_mask.exp_avg_sq().equal(torch::where(kept, without.exp_avg_sq(), zero)));
  EXPECT_FALSE(masked.values().masked_select(kept.logical_not()).signbit().any().item<bool>());
}

// Sizes around the grain of the thread pool; the reference is one call of the kernel, which has its own test.
TEST(ProxAdamW, ThreadsDoNotChangeABit) {
  constexpr int64_t kGrain = 1 << 14;
  for (const int64_t size : {kGrain - 1, kGrain, kGrain + 1, 2 * kGrain + 3, 3 * kGrain + 17}) {
    FlatParams params(one_matrix(size), Precision::bf16);
    ProxAdamW optimizer(params, some_config());
    params.grads().copy_(gradients_of_step(size, 0));
    ShrinkRule rule{.kind = ShrinkRule::Kind::prox, .alpha = torch::rand({size}) * 100, .gamma = 0.1};

    auto values = params.values().clone();
    auto m = torch::zeros({size}), v = torch::zeros({size});
    AdamWStep step;
    step.shrink = AdamWShrink::prox;
    step.learning_rate = static_cast<float>(kRate);
    step.epsilon = 1e-8F;
    step.decay = static_cast<float>(kRate * 0.1);
    step.threshold = static_cast<float>(kRate * 0.1);
    step.correction1 = static_cast<float>(1.0 / (1.0 - 0.9));
    step.correction2 = static_cast<float>(1.0 / std::sqrt(1.0 - 0.999));
    AdamWSpan span;
    span.values = values.data_ptr<float>();
    span.grads = params.grads().data_ptr<float>();
    span.exp_avg = m.data_ptr<float>();
    span.exp_avg_sq = v.data_ptr<float>();
    span.alpha = rule.alpha.data_ptr<float>();
    span.size = size;
    adamw_cpu(step, span);

    optimizer.step(kRate, rule);
    EXPECT_TRUE(params.values().equal(values)) << size;
    EXPECT_TRUE(optimizer.exp_avg_sq().equal(v)) << size;
    EXPECT_TRUE(params.working().equal(values.to(torch::kBFloat16))) << size;
  }
}

TEST(ProxAdamW, EveryGroupOfTheWorkingCopyIsRefreshed) {
  FlatParams params(some_params(), Precision::bf16);
  ProxAdamW optimizer(params, some_config());
  ten_steps(params, optimizer);
  EXPECT_TRUE(params.working().equal(params.values().to(torch::kBFloat16)));
}

TEST(ProxAdamW, ARestoredStateGivesTheSameNextStep) {
  FlatParams whole(some_params());
  ProxAdamW optimizer(whole, some_config());
  ten_steps(whole, optimizer);
  FlatParams resumed(some_params());
  ProxAdamW other(resumed, some_config());
  resumed.values().copy_(whole.values());
  other.exp_avg().copy_(optimizer.exp_avg());
  other.exp_avg_sq().copy_(optimizer.exp_avg_sq());
  other.set_step_count(optimizer.step_count());
  ten_steps(whole, optimizer);
  ten_steps(resumed, other);
  EXPECT_TRUE(resumed.values().equal(whole.values()));
}

TEST(ProxAdamW, ANanGradientPropagates) {
  FlatParams params(one_matrix(9));
  ProxAdamW optimizer(params, some_config());
  params.grads()[4] = std::nan("");
  optimizer.step(kRate, {.kind = ShrinkRule::Kind::prox, .alpha = torch::full({9}, 1e9F), .gamma = 1.0});
  EXPECT_TRUE(std::isnan(params.values()[4].item<float>()));
  EXPECT_EQ(params.values()[5].item<float>(), 0.0F);
}

std::string message_of_step(const ShrinkRule& rule) {
  FlatParams params(some_params());
  ProxAdamW optimizer(params, some_config());
  try {
    optimizer.step(kRate, rule);
  } catch (const Error& error) {
    EXPECT_EQ(optimizer.step_count(), 0);
    return error.what();
  }
  return "no error";
}

TEST(ProxAdamW, AnInvalidRuleIsRefusedBeforeTheUpdate) {
  const std::string keep =
      "the shrink rule's keep must be a contiguous Byte tensor of 57 entries on the device of the weights";
  EXPECT_EQ(message_of_step({.kind = ShrinkRule::Kind::mask}), keep);
  EXPECT_EQ(message_of_step({.kind = ShrinkRule::Kind::mask, .keep = torch::ones({56}, torch::kUInt8)}),
            keep);
  EXPECT_EQ(message_of_step({.kind = ShrinkRule::Kind::mask, .keep = torch::ones({57})}), keep);
  EXPECT_EQ(message_of_step({.kind = ShrinkRule::Kind::prox,
                             .keep = torch::ones({56}, torch::kUInt8),
                             .alpha = torch::ones({57})}),
            keep);
  EXPECT_EQ(
      message_of_step({.kind = ShrinkRule::Kind::prox, .alpha = torch::ones({kAll})}),
      "the shrink rule's alpha must be a contiguous Float tensor of 57 entries on the device of the weights");
}

// For any gradients and however small gamma: the mask holds, and the others are shrunk as without it.
TEST(ProxAdamW, AProxRuleMayAlsoHoldZeros) {
  for (const bool preconditioned : {false, true}) {
    FlatParams masked(some_params()), plain(some_params());
    ProxAdamW with_mask(masked, some_config()), without(plain, some_config());
    ShrinkRule rule{.kind = ShrinkRule::Kind::prox,
                    .alpha = torch::ones({kPrunable}),
                    .gamma = 1e-30,
                    .preconditioned = preconditioned};
    ten_steps(plain, without, rule);
    rule.keep = torch::arange(kPrunable).remainder(3).ne(0).to(torch::kUInt8);
    ten_steps(masked, with_mask, rule);
    const auto kept = torch::cat({rule.keep, torch::ones({kAll - kPrunable}, torch::kUInt8)}).ne(0);
    const auto zero = torch::zeros({});
    EXPECT_TRUE(masked.values().equal(torch::where(kept, plain.values(), zero)));
    EXPECT_TRUE(with_mask.exp_avg().equal(torch::where(kept, without.exp_avg(), zero)));
    EXPECT_TRUE(with_mask.exp_avg_sq().equal(torch::where(kept, without.exp_avg_sq(), zero)));
  }
}

TEST(ProxAdamW, FrozenParametersDoNotMoveAndTheOthersAreUnaffected) {
  for (const std::string name : {"bias", "qk", "table", "out"}) {
    auto specs = some_params();
    for (auto& spec : specs) spec.trained = spec.name != name;
    FlatParams params(std::move(specs), Precision::bf16), all(some_params(), Precision::bf16);
    const auto start = params.values().clone();
    ProxAdamW optimizer(params, some_config()), reference(all, some_config());
    ten_steps(params, optimizer);
    ten_steps(all, reference);
    for (const auto& entry : params.entries()) {
      const auto part = [&](const torch::Tensor& flat) { return flat.narrow(0, entry.offset, entry.numel); };
      EXPECT_TRUE(part(params.values()).equal(part(entry.name == name ? start : all.values())))
          << entry.name << " without " << name;
      EXPECT_EQ(part(optimizer.exp_avg()).ne(0).any().item<bool>(), entry.name != name) << entry.name;
    }
    EXPECT_TRUE(params.working().equal(params.values().to(torch::kBFloat16)));
  }
}

// Gradients of constant magnitude: v_hat is their square from the first step on.
TEST(ProxAdamW, DenominatorsUseTheCorrectedMoment) {
  for (const bool bias_correction : {true, false}) {
    auto config = some_config();
    config.bias_correction = bias_correction;
    FlatParams params(one_matrix(5));
    ProxAdamW optimizer(params, config);
    for (int64_t step = 1; step <= 4; ++step) {
      params.grads().copy_(torch::tensor({0.5F, -0.5F, 0.25F, 0.0F, 1.0F}));
      optimizer.step(kRate, {});
      EXPECT_TRUE(optimizer.denominators(torch::tensor({4, 0, 3}))
                      .allclose(torch::tensor({1.0F, 0.5F, 0.0F}) + 1e-8F, 1e-4, 1e-9))
          << step;
      const auto share = optimizer.exp_avg_sq().sqrt()[4].item<double>();
      EXPECT_NEAR(optimizer.denominator_share(step), bias_correction ? 1.0 : share, 1e-6) << step;
    }
  }
}

}  // namespace
}  // namespace rpp::test
