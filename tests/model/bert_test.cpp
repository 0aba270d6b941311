#include "model/bert.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "bert_format/model_config.h"
#include "model/golden.h"
#include "ops/cross_entropy.h"
#include "ops/kernels.h"
#include "rpp/error.h"

namespace rpp {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr double kTolerance = 1e-5;
constexpr double kGradTolerance = 1e-4;

class GoldenBert : public testing::Test {
 protected:
  torch::Tensor at(const std::string& name) const { return golden_.at(name); }
  ModelConfig config_with_dropout() const {
    auto config = config_;
    config.hidden_dropout_prob = config.attention_probs_dropout_prob = 0.1;
    return config;
  }

  std::map<std::string, torch::Tensor> golden_ = golden_values();
  BertInputs inputs_ = golden_inputs(golden_);
  ModelConfig config_ = read_model_config(golden_dir());
};

struct PretrainingLoss {
  torch::Tensor mlm_logits, nsp_logits, mlm, nsp;
};

PretrainingLoss pretraining_loss(const Bert& model, const BertInputs& inputs,
                                 const std::map<std::string, torch::Tensor>& golden) {
  const auto masked = golden.at("mlm_positions"), first = first_tokens(inputs.layout);
  const auto hidden = model.encode_at(inputs, torch::cat({masked, first}));
  PretrainingLoss loss;
  loss.mlm_logits = model.mlm_logits(hidden.narrow(0, 0, masked.size(0)));
  loss.nsp_logits = model.nsp_logits(model.pool(hidden.narrow(0, masked.size(0), first.size(0))));
  const auto &mlm_labels = golden.at("mlm_labels"), &nsp_labels = golden.at("nsp_labels");
  loss.mlm = cross_entropy(loss.mlm_logits, mlm_labels).loss_sum / mlm_labels.numel();
  loss.nsp = cross_entropy(loss.nsp_logits, nsp_labels).loss_sum / nsp_labels.numel();
  return loss;
}

// Query, key and value are rows of one gradient.
std::map<std::string, torch::Tensor> outside_grads(Bert& model) {
  std::map<std::string, torch::Tensor> grads;
  for (const auto& spec : model.param_specs()) {
    const auto place = spec.name.find("self.qkv.");
    if (place == std::string::npos) {
      grads[spec.name] = spec.param.grad();
      continue;
    }
    const auto parts = spec.param.grad().chunk(3, 0);
    const std::array<std::string, 3> names = {"query", "key", "value"};
    for (size_t i = 0; i < names.size(); ++i) {
      auto name = spec.name;
      grads[name.replace(place + 5, 3, names[i])] = parts[i];
    }
  }
  return grads;
}

TEST_F(GoldenBert, HiddenStatesOfEveryLayerEqualTransformers) {
  for (int64_t layers = 0; layers <= 2; ++layers) {
    auto config = config_;
    config.num_hidden_layers = layers;
    Bert model(config, {});
    load_weights(model, golden_dir());
    EXPECT_LT(largest_difference(model.encode(inputs_), at(fmt::format("hidden.{}", layers))), kTolerance)
        << layers;
  }
}

TEST_F(GoldenBert, EncodeLayersGivesThemAllAtOnce) {
  Bert model(config_, {});
  load_weights(model, golden_dir());
  const auto outputs = model.encode_layers(inputs_);
  ASSERT_EQ(outputs.size(), 2U);
  EXPECT_LT(largest_difference(outputs[0], at("hidden.1")), kTolerance);
  EXPECT_LT(largest_difference(outputs[1], at("hidden.2")), kTolerance);
}

TEST_F(GoldenBert, SelectedTokensEqualTheFullLayerOutput) {
  Bert model(config_, {});
  load_weights(model, golden_dir());
  const auto tokens = torch::tensor({5, 0, 5, 1}, torch::kInt64);
  const auto whole = model.encode(inputs_).index_select(0, tokens);
  const auto asked = model.encode_at(inputs_, tokens);
  EXPECT_LT(largest_difference(asked, whole), 1e-6);
  const auto weights = torch::arange(whole.numel()).view(whole.sizes()) / 100.0;
  (whole * weights).sum().backward();
  const auto of_whole = outside_grads(model);
  for (auto& spec : model.param_specs()) spec.param.mutable_grad().reset();
  (asked * weights).sum().backward();
  for (const auto& [name, grad] : outside_grads(model)) {
    if (!grad.defined() || name.ends_with("key.bias")) continue;  // the pooler; a gradient of zero
    EXPECT_LT(relative_difference(grad, of_whole.at(name)), 1e-5) << name;
  }
}

TEST_F(GoldenBert, PoolerOutputEqualsTransformers) {
  Bert model(config_, {});
  load_weights(model, golden_dir());
  const auto pooled = model.pool(model.encode_at(inputs_, first_tokens(inputs_.layout)));
  EXPECT_LT(largest_difference(pooled, at("pooler_output")), kTolerance);
}

TEST_F(GoldenBert, PretrainingLogitsAndLossesEqualTransformers) {
  Bert model(config_, {.pretraining = true});
  load_weights(model, golden_dir());
  const auto loss = pretraining_loss(model, inputs_, golden_);
  EXPECT_LT(largest_difference(loss.mlm_logits, at("mlm_logits")), kTolerance);
  EXPECT_LT(largest_difference(loss.nsp_logits, at("nsp_logits")), kTolerance);
  EXPECT_LT(largest_difference(loss.mlm, at("mlm_loss")), kTolerance);
  EXPECT_LT(largest_difference(loss.nsp, at("nsp_loss")), kTolerance);
}

TEST_F(GoldenBert, PretrainingGradientsEqualTransformers) {
  Bert model(config_, {.pretraining = true});
  load_weights(model, golden_dir());
  const auto loss = pretraining_loss(model, inputs_, golden_);
  (loss.mlm + loss.nsp).backward();
  int64_t compared = 0;
  for (const auto& [name, grad] : outside_grads(model)) {
    // The key bias shifts all scores of a query equally, so its true gradient is zero.
    if (name.ends_with("key.bias")) {
      EXPECT_LT(grad.abs().max().item<double>(), 1e-6) << name;
    } else {
      EXPECT_LT(relative_difference(grad, at("grad." + name)), kGradTolerance) << name;
    }
    ++compared;
  }
  EXPECT_EQ(compared, 5 + 2 * 16 + 2 + 7);
}

TEST_F(GoldenBert, ClassifierLogitsLossAndGradientsEqualTransformers) {
  Bert model(config_, {.num_labels = 3});
  load_weights(model, golden_dir() / "classifier");
  const auto logits = model.classify(model.pool(model.encode_at(inputs_, first_tokens(inputs_.layout))));
  const auto loss = cross_entropy(logits, at("class_labels")).loss_sum / 3.0;
  EXPECT_LT(largest_difference(logits, at("class_logits")), kTolerance);
  EXPECT_LT(largest_difference(loss, at("class_loss")), kTolerance);
  loss.backward();
  const auto grads = outside_grads(model);
  for (const std::string name : {"classifier.weight", "classifier.bias", "bert.pooler.dense.weight"}) {
    EXPECT_LT(relative_difference(grads.at(name), at("class_grad." + name)), kGradTolerance) << name;
  }
}

TEST_F(GoldenBert, PackedSequencesEqualSeparateSequences) {
  Bert model(config_, {});
  load_weights(model, golden_dir());
  const auto packed = model.encode(inputs_);
  const auto& cu_seqlens = inputs_.layout.host_cu_seqlens;
  for (size_t s = 0; s + 1 < cu_seqlens.size(); ++s) {
    const int64_t begin = cu_seqlens[s], end = cu_seqlens[s + 1];
    const BertInputs alone = {.input_ids = inputs_.input_ids.slice(0, begin, end),
                              .token_type_ids = inputs_.token_type_ids.slice(0, begin, end),
                              .position_ids = inputs_.position_ids.slice(0, begin, end),
                              .layout = layout_of({0, static_cast<int32_t>(end - begin)})};
    EXPECT_LT(largest_difference(packed.slice(0, begin, end), model.encode(alone)), kTolerance) << s;
  }
}

// As the optimizer prepares a model: gradients are views of one buffer, optionally with bf16 working copies.
torch::Tensor prepare_for_training(Bert& model, bool with_working_copies) {
  auto specs = model.param_specs();
  int64_t size = 0;
  for (const auto& spec : specs) size += spec.param.numel();
  auto grads = torch::zeros({size});
  int64_t offset = 0;
  for (auto& spec : specs) {
    spec.param.mutable_grad() = grads.narrow(0, offset, spec.param.numel()).view(spec.param.sizes());
    offset += spec.param.numel();
    if (with_working_copies && spec.working != nullptr)
      *spec.working = spec.param.detach().to(torch::kBFloat16);
  }
  return grads;
}

struct Step {
  PretrainingLoss loss;
  torch::Tensor grads;
};

Step prepared_step(Bert& model, const BertInputs& inputs, const std::map<std::string, torch::Tensor>& golden,
                   bool with_working_copies) {
  auto grads = prepare_for_training(model, with_working_copies);
  auto loss = pretraining_loss(model, inputs, golden);
  (loss.mlm + loss.nsp).backward();
  return {.loss = std::move(loss), .grads = std::move(grads)};
}

TEST_F(GoldenBert, GradientsAccumulateInPlaceInTheFlatBuffer) {
  Bert plain(config_, {.pretraining = true}), prepared(config_, {.pretraining = true});
  load_weights(plain, golden_dir());
  load_weights(prepared, golden_dir());
  const auto plain_loss = pretraining_loss(plain, inputs_, golden_);
  (plain_loss.mlm + plain_loss.nsp).backward();
  const auto step = prepared_step(prepared, inputs_, golden_, false);
  std::vector<torch::Tensor> wanted;
  for (const auto& spec : plain.param_specs()) wanted.push_back(spec.param.grad().flatten());
  EXPECT_LT(relative_difference(step.grads, torch::cat(wanted)), 1e-6);
}

TEST_F(GoldenBert, DropoutWithASeedInMemoryEqualsDropoutByValue) {
  Bert model(config_with_dropout(), {});
  load_weights(model, golden_dir());
  const auto seeds = dropout_seeds(3, model.config().num_hidden_layers);
  auto memory = torch::empty({static_cast<int64_t>(seeds.size())}, torch::kInt64);
  std::copy(seeds.begin(), seeds.end(), static_cast<uint64_t*>(memory.mutable_data_ptr()));
  std::array<torch::Tensor, 2> states, grads;
  for (const bool in_memory : {false, true}) {
    grads[in_memory] = prepare_for_training(model, /*with_working_copies=*/false);
    ForwardOptions options = {.training = true, .dropout_seed = in_memory ? uint64_t{0} : uint64_t{3}};
    if (in_memory) options.dropout_seeds = memory;
    states[in_memory] = model.encode(inputs_, options);
    states[in_memory].square().sum().backward();
  }
  EXPECT_TRUE(torch::equal(states[1], states[0]));
  EXPECT_TRUE(torch::equal(grads[1], grads[0]));
}

// With dropout, selected tokens and bf16 copies: bit for bit.
TEST_F(GoldenBert, ActivationCheckpointingKeepsStatesAndGradients) {
  for (const bool bf16 : {false, true}) {
    Bert model(config_with_dropout(), {});
    load_weights(model, golden_dir());
    const auto tokens = torch::tensor({5, 0, 5, 1}, torch::kInt64);
    std::array<torch::Tensor, 2> states, grads;
    for (const bool recomputes : {false, true}) {
      grads[recomputes] = prepare_for_training(model, bf16);
      states[recomputes] = model.encode_at(
          inputs_, tokens, {.training = true, .dropout_seed = 3, .activation_checkpointing = recomputes});
      states[recomputes].to(torch::kFloat32).square().sum().backward();
    }
    EXPECT_THAT(states[0].grad_fn()->name(), Not(HasSubstr("Recompute")));
    EXPECT_THAT(states[1].grad_fn()->name(), HasSubstr("Recompute"));
    EXPECT_TRUE(torch::equal(states[1], states[0]));
    EXPECT_TRUE(torch::equal(grads[1], grads[0]));
    EXPECT_GT(grads[0].abs().sum().item<double>(), 0.0);
  }
}

// As on a GPU, where autograd has its own threads. The reference implementations draw other dropout masks, so
// recomputing a layer with the wrong kernels would change its gradients.
TEST_F(GoldenBert, ActivationCheckpointingKeepsTheKernelsInABackwardPassOnAnotherThread) {
  std::array<torch::Tensor, 2> grads;
  for (const bool recomputes : {false, true}) {
    Bert model(config_with_dropout(), {});
    load_weights(model, golden_dir());
    grads[recomputes] = prepare_for_training(model, /*with_working_copies=*/false);
    const KernelsGuard reference(Kernels::reference);
    const auto loss =
        model.encode(inputs_, {.training = true, .dropout_seed = 3, .activation_checkpointing = recomputes})
            .square()
            .sum();
    std::thread([&] { loss.backward(); }).join();
  }
  EXPECT_LT(relative_difference(grads[1], grads[0]), 1e-6);
}

TEST_F(GoldenBert, ActivationCheckpointingIsInactiveWithoutGradients) {
  Bert model(config_, {});
  load_weights(model, golden_dir());
  const torch::NoGradGuard no_grad;
  const auto states = model.encode(inputs_, {.activation_checkpointing = true});
  EXPECT_FALSE(states.requires_grad());
  EXPECT_TRUE(torch::equal(states, model.encode(inputs_)));
}

TEST_F(GoldenBert, Bf16IsCloseToFp32AndKeepsFp32Gradients) {
  Bert wide(config_, {.pretraining = true}), narrow(config_, {.pretraining = true});
  load_weights(wide, golden_dir());
  load_weights(narrow, golden_dir());
  const auto fp32 = prepared_step(wide, inputs_, golden_, false);
  const auto bf16 = prepared_step(narrow, inputs_, golden_, true);
  EXPECT_EQ(bf16.loss.mlm_logits.scalar_type(), torch::kBFloat16);
  EXPECT_EQ(bf16.loss.mlm.scalar_type(), torch::kFloat32);
  EXPECT_LT(relative_difference(bf16.loss.mlm_logits, fp32.loss.mlm_logits), 0.02);
  EXPECT_NEAR(bf16.loss.mlm.item<float>(), fp32.loss.mlm.item<float>(), 0.02);
  EXPECT_LT(relative_difference(bf16.grads, fp32.grads), 0.05);
}

TEST_F(GoldenBert, DropoutDependsOnTheSeedInTrainingOnly) {
  Bert model(config_with_dropout(), {});
  load_weights(model, golden_dir());
  const auto run = [&](uint64_t seed) {
    return model.encode(inputs_, {.training = true, .dropout_seed = seed});
  };
  EXPECT_TRUE(torch::equal(run(1), run(1)));
  EXPECT_FALSE(torch::equal(run(1), run(2)));
  EXPECT_LT(largest_difference(model.encode(inputs_), at("hidden.2")), kTolerance);
}

}  // namespace
}  // namespace rpp
