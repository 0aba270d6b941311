// Runs an op and its reference implementation, which uses double on the same (rounded) inputs, both ways.
#pragma once

#include <ATen/CPUGeneratorImpl.h>
#include <gtest/gtest.h>

#include <functional>
#include <vector>

#include "ops/sequence_layout.h"
#include "ops/torch.h"

namespace rpp {

using Tensors = std::vector<torch::Tensor>;
using Op = std::function<torch::Tensor(const Tensors&)>;

struct OpRun {
  torch::Tensor value;
  Tensors grads;
};

inline OpRun run_op(const Op& op, const Tensors& inputs, const std::vector<torch::ScalarType>& types) {
  Tensors leaves;
  for (size_t i = 0; i < inputs.size(); ++i) {
    leaves.push_back(inputs[i].detach().to(types[i], false, /*copy=*/true).requires_grad_(true));
  }
  const auto value = op(leaves);
  // Values without a pattern, so that no sum of gradients vanishes.
  const auto upstream = torch::sin(torch::arange(value.numel(), torch::kFloat64) * 1.7).view(value.sizes());
  value.backward(upstream.to(torch::kBFloat16).to(value.options().requires_grad(false)));
  OpRun run{.value = value.detach(), .grads = {}};
  for (const auto& leaf : leaves) run.grads.push_back(leaf.grad());
  return run;
}

inline void expect_close(const torch::Tensor& got, const torch::Tensor& wanted, double tolerance) {
  ASSERT_EQ(got.sizes(), wanted.sizes());
  if (got.numel() == 0) return;
  const double scale = std::max(1.0, wanted.abs().max().item<double>());
  EXPECT_LT((got.to(torch::kFloat64) - wanted).abs().max().item<double>() / scale, tolerance);
}

// Inputs marked true are activations and have the dtype under test; the others are fp32 parameters.
struct ReferenceTest {
  Op op, reference;
  Tensors inputs;
  std::vector<bool> is_activation;

  void run(torch::ScalarType type, double tolerance) const {
    std::vector<torch::ScalarType> types;
    Tensors rounded;
    for (size_t i = 0; i < inputs.size(); ++i) {
      types.push_back(is_activation[i] ? type : torch::kFloat32);
      rounded.push_back(inputs[i].to(types[i]));
    }
    const auto got = run_op(op, rounded, types);
    const auto wanted =
        run_op(reference, rounded, std::vector<torch::ScalarType>(inputs.size(), torch::kFloat64));
    EXPECT_EQ(got.value.scalar_type(), type);
    expect_close(got.value, wanted.value, tolerance);
    for (size_t i = 0; i < inputs.size(); ++i) expect_close(got.grads[i], wanted.grads[i], tolerance);
  }

  void run_in_both_precisions() const {
    run(torch::kFloat32, 2e-6);
    run(torch::kBFloat16, 1e-2);
  }
};

inline torch::Tensor random_tensor(std::vector<int64_t> shape, uint64_t seed) {
  auto generator = at::make_generator<at::CPUGeneratorImpl>(seed);
  return torch::randn(shape, generator);
}

inline SequenceLayout layout_of_lengths(const std::vector<int32_t>& lengths) {
  SequenceLayout layout;
  layout.host_cu_seqlens = {0};
  for (const auto length : lengths) {
    layout.host_cu_seqlens.push_back(layout.host_cu_seqlens.back() + length);
    layout.max_seqlen = std::max<int64_t>(layout.max_seqlen, length);
  }
  layout.cu_seqlens = torch::tensor(layout.host_cu_seqlens, torch::kInt32);
  return layout;
}

// The value of body() with one thread and with two.
template <typename Body>
auto with_one_and_two_threads(const Body& body) {
  const int before = torch::get_num_threads();
  torch::set_num_threads(1);
  auto one = body();
  torch::set_num_threads(2);
  auto two = body();
  torch::set_num_threads(before);
  return std::pair(std::move(one), std::move(two));
}

inline void expect_same_bits(const OpRun& a, const OpRun& b) {
  EXPECT_TRUE(torch::equal(a.value, b.value));
  for (size_t i = 0; i < a.grads.size(); ++i) EXPECT_TRUE(torch::equal(a.grads[i], b.grads[i])) << i;
}

}  // namespace rpp
