// Compares every op on a GPU with the same op on the CPU: same inputs, same seeds, forward and backward.
#include <gtest/gtest.h>

#include <map>

#include "compare.h"
#include "core/ignored_label.h"
#include "ops/attention.h"
#include "ops/cross_entropy.h"
#include "ops/dropout.h"
#include "ops/embedding.h"
#include "ops/gelu.h"
#include "ops/kernels.h"
#include "ops/layer_norm.h"
#include "ops/linear.h"
#include "ops/span_cross_entropy.h"
#include "ops/torch.h"

#ifdef RPP_CUDA
#include <c10/cuda/CUDAFunctions.h>
#endif

namespace rpp {
namespace {

constexpr double kEpsilon = 1e-5;
const std::vector<int32_t> kLengths = {5, 1, 33, 128, 64};  // 231 tokens

struct DeviceCase {
  std::string name;
  Op op;
  Tensors inputs;                   // on the CPU
  std::vector<bool> is_activation;  // has the precision under test; the others are fp32 parameters
};

void PrintTo(const DeviceCase& given, std::ostream* out) {
  *out << given.name;
}

// Created once: a copy to the device inside an op would wait.
const SequenceLayout& layout_on(const torch::Device& device) {
  static std::map<bool, SequenceLayout> layouts;
  auto& layout = layouts[device.is_cpu()];
  if (!layout.cu_seqlens.defined()) {
    layout = layout_of_lengths(kLengths);
    layout.cu_seqlens = layout.cu_seqlens.to(device);
  }
  return layout;
}

// As in training, where gradients are views of a flat buffer that always exists.
void give_grad(const torch::Tensor& parameter) {
  parameter.mutable_grad() = torch::full_like(parameter, 0.25, parameter.options().requires_grad(false));
}

torch::Tensor ids_below(int64_t rows, int64_t count, const torch::Device& device) {
  return (torch::arange(count, torch::dtype(torch::kInt64).device(device)) * 7919 + 13).remainder(rows);
}

Op attention_op(const AttentionHeads& heads, double rate) {
  return [=](const Tensors& in) {
    return varlen_attention(in[0], layout_on(in[0].device()), heads, rate, uint64_t{5});
  };
}

DeviceCase attention_case(const std::string& name, const AttentionHeads& heads) {
  return {name, attention_op(heads, 0.0), {random_tensor({231, heads.qkv_size()}, 1)}, {true}};
}

DeviceCase linear_case(const std::string& name, int64_t out, bool has_grads) {
  return {name,
          [=](const Tensors& in) {
            if (has_grads) give_grad(in[1]), give_grad(in[2]);
            const bool is_bf16 = in[0].scalar_type() == torch::kBFloat16;
            return linear(in[0], in[1], in[2],
                          is_bf16 ? in[1].detach().to(torch::kBFloat16) : torch::Tensor());
          },
          {random_tensor({300, 96}, 1), random_tensor({out, 96}, 2), random_tensor({out}, 3)},
          {true, false, false}};
}

DeviceCase embedding_case(const std::string& name, bool has_grads) {
  return {name,
          [=](const Tensors& in) {
            if (has_grads) give_grad(in[0]), give_grad(in[1]), give_grad(in[2]);
            const auto device = in[0].device();
            return bert_embedding(ids_below(97, 300, device), ids_below(2, 300, device),
                                  ids_below(40, 300, device), in[0], in[1], in[2]);
          },
          {random_tensor({97, 136}, 1), random_tensor({40, 136}, 2), random_tensor({2, 136}, 3)},
          {false, false, false}};
}

std::vector<DeviceCase> every_case() {
  return {
      {"dropout",
       [](const Tensors& in) { return rpp::dropout(in[0], 0.1, uint64_t{5}); },
       {random_tensor({129, 255}, 1)},
       {true}},
      {"dropout_by_a_seed_in_memory",
       [](const Tensors& in) {
         const auto memory = torch::full({}, 5, torch::dtype(torch::kInt64).device(in[0].device()));
         return rpp::dropout(in[0], 0.1, DropoutSeed(memory));
       },
       {random_tensor({129, 255}, 1)},
       {true}},
      {"gelu", [](const Tensors& in) { return rpp::gelu(in[0]); }, {random_tensor({129, 255}, 1)}, {true}},
      {"layer_norm",
       [](const Tensors& in) { return rpp::layer_norm(in[0], in[1], in[2], kEpsilon); },
       {random_tensor({131, 257}, 1), random_tensor({257}, 2), random_tensor({257}, 3)},
       {true, false, false}},
      {"dropout_add_layer_norm",
       [](const Tensors& in) {
         return dropout_add_layer_norm(in[0], in[3], in[1], in[2], kEpsilon, 0.1, uint64_t{9});
       },
       {random_tensor({131, 768}, 1), random_tensor({768}, 2), random_tensor({768}, 3),
        random_tensor({131, 768}, 4)},
       {true, false, false, true}},
      linear_case("linear", 160, false),
      linear_case("linear_into_grad", 160, true),
      linear_case("linear_of_aligned_rows", 1027, true),
      embedding_case("embedding", false),
      embedding_case("embedding_into_grad", true),
      {"cross_entropy",  // twice, so that its gradient is not sin(0)
       [](const Tensors& in) {
         return cross_entropy(in[0], ids_below(1003, 65, in[0].device())).loss_sum.expand({2}) / 65;
       },
       {random_tensor({65, 1003}, 1)},
       {true}},
      {"cross_entropy_with_ignored_rows",
       [](const Tensors& in) {
         const auto labels = ids_below(1003, 65, in[0].device());
         return cross_entropy(in[0], labels.masked_fill(labels.remainder(3).eq(0), kIgnoredLabel))
                    .loss_sum.expand({2}) /
                65;
       },
       {random_tensor({65, 1003}, 1)},
       {true}},
      {"span_cross_entropy",
       [](const Tensors& in) {
         const auto first = torch::zeros({5}, torch::dtype(torch::kInt64).device(in[0].device()));
         return span_cross_entropy(in[0], layout_on(in[0].device()), first, first).loss_sum.expand({2}) / 5;
       },
       {random_tensor({231, 2}, 1)},
       {true}},
      attention_case("attention", equal_heads(128, 2)),
      attention_case("attention_of_unequal_heads",
                     {.num_heads = 3, .query_key_dim = 16, .value_dim = 40, .scale = 0.25}),
      attention_case("attention_of_odd_heads", equal_heads(30, 5)),
  };
}

class OpsCuda : public testing::TestWithParam<DeviceCase> {
 protected:
  void SetUp() override {
    if (!torch::cuda::is_available()) GTEST_SKIP() << "no CUDA device";
  }

  OpRun run_on(const torch::Device& device, torch::ScalarType precision) const {
    Tensors inputs;
    std::vector<torch::ScalarType> types;
    for (size_t i = 0; i < GetParam().inputs.size(); ++i) {
      types.push_back(GetParam().is_activation[i] ? precision : torch::kFloat32);
      inputs.push_back(GetParam().inputs[i].to(types.back()).to(device));
    }
    OpRun run = run_op(GetParam().op, inputs, types);
    run.value = run.value.cpu();
    for (auto& grad : run.grads) grad = grad.cpu();
    return run;
  }

  void expect_same_as_cpu(torch::ScalarType precision, double tolerance) const {
    const OpRun got = run_on(torch::kCUDA, precision), wanted = run_on(torch::kCPU, precision);
    EXPECT_EQ(got.value.scalar_type(), wanted.value.scalar_type());
    expect_close(got.value, wanted.value.to(torch::kFloat64), tolerance);
    for (size_t i = 0; i < got.grads.size(); ++i) {
      expect_close(got.grads[i], wanted.grads[i].to(torch::kFloat64), tolerance);
    }
  }
};

TEST_P(OpsCuda, EqualsTheCpuInFp32) {
  expect_same_as_cpu(torch::kFloat32, 1e-5);
}

TEST_P(OpsCuda, EqualsTheCpuInBf16) {
  expect_same_as_cpu(torch::kBFloat16, 2e-2);
}

TEST_P(OpsCuda, IsDeterministic) {
  for (const auto precision : {torch::kFloat32, torch::kBFloat16}) {
    expect_same_bits(run_on(torch::kCUDA, precision), run_on(torch::kCUDA, precision));
  }
}

TEST_P(OpsCuda, TheReferenceImplementationRunsOnTheGpu) {
  const auto fast = run_on(torch::kCUDA, torch::kFloat32);
  const KernelsGuard guard(Kernels::reference);
  const auto slow = run_on(torch::kCUDA, torch::kFloat32);
  EXPECT_EQ(fast.value.sizes(), slow.value.sizes());
  if (GetParam().name.find("dropout") == std::string::npos) {  // the reference draws its masks with Torch
    expect_close(fast.value, slow.value.to(torch::kFloat64), 1e-5);
  }
}

// A training step that waits for the device leaves it idle while the host launches the next kernels.
TEST_P(OpsCuda, DoesNotWaitForTheDevice) {
#ifdef RPP_CUDA
  Tensors inputs;
  for (const auto& input : GetParam().inputs) inputs.push_back(input.to(torch::kCUDA).requires_grad_(true));
  GetParam().op(inputs).sum().backward();  // workspaces are allocated, constants copied
  c10::cuda::warning_state().set_sync_debug_mode(c10::cuda::SyncDebugMode::L_ERROR);
  EXPECT_NO_THROW(GetParam().op(inputs).sum().backward());
  c10::cuda::warning_state().set_sync_debug_mode(c10::cuda::SyncDebugMode::L_DISABLED);
#endif
}

INSTANTIATE_TEST_SUITE_P(Ops, OpsCuda, testing::ValuesIn(every_case()),
                         [](const auto& info) { return info.param.name; });

class AttentionCuda : public testing::TestWithParam<torch::ScalarType> {
 protected:
  void SetUp() override {
    if (!torch::cuda::is_available()) GTEST_SKIP() << "no CUDA device";
  }
  torch::Tensor qkv() const { return random_tensor({231, 3 * 128}, 1).to(torch::kCUDA, GetParam()); }
};

TEST_P(AttentionCuda, DropoutIsAFunctionOfTheSeedAndLeavesTorchsGeneratorAlone) {
  const auto& layout = layout_on(torch::kCUDA);
  const auto drop = [&](uint64_t seed) {
    return varlen_attention(qkv(), layout, equal_heads(128, 2), 0.3, seed);
  };
  torch::manual_seed(1);
  const auto wanted = torch::rand({4}, torch::kCUDA);
  torch::manual_seed(1);
  const auto first = drop(5);
  EXPECT_TRUE(torch::equal(first, drop(5)));
  EXPECT_FALSE(torch::equal(first, drop(6)));
  EXPECT_TRUE(torch::equal(wanted, torch::rand({4}, torch::kCUDA)));
}

// With a fixed mask the gradient equals finite differences along one direction.
TEST_P(AttentionCuda, BackwardUsesTheDropoutMaskOfForward) {
  if (GetParam() != torch::kFloat32) GTEST_SKIP() << "bf16 is too coarse for differences";
  const auto& layout = layout_on(torch::kCUDA);
  const auto direction = random_tensor({231, 3 * 128}, 2).to(torch::kCUDA);
  const auto sum_at = [&](double step) {
    const auto out = varlen_attention(qkv() + step * direction, layout, equal_heads(128, 2), 0.3, 5);
    return out.to(torch::kFloat64).square().sum().item<double>();
  };
  const auto leaf = qkv().requires_grad_(true);
  varlen_attention(leaf, layout, equal_heads(128, 2), 0.3, 5).square().sum().backward();
  const double slope = (leaf.grad() * direction).to(torch::kFloat64).sum().item<double>();
  const double difference = (sum_at(1e-3) - sum_at(-1e-3)) / 2e-3;
  EXPECT_NEAR(slope, difference, 1e-2 * std::max(1.0, std::abs(difference)));
}

INSTANTIATE_TEST_SUITE_P(Ops, AttentionCuda, testing::Values(torch::kFloat32, torch::kBFloat16),
                         [](const auto& info) { return std::string(torch::toString(info.param)); });

}  // namespace
}  // namespace rpp
