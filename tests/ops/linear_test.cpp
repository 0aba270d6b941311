#include "ops/linear.h"

#include <csignal>

#include "core/stop_signal.h"
#include "ops/compare.h"
#include "ops/cross_entropy.h"

namespace rpp {
namespace {

ReferenceTest reference_test(int64_t rows, int64_t in_size, int64_t out_size) {
  return {[](const Tensors& in) {
            const bool is_bf16 = in[0].scalar_type() == torch::kBFloat16;
            return linear(in[0], in[1], in[2],
                          is_bf16 ? in[1].detach().to(torch::kBFloat16) : torch::Tensor());
          },
          [](const Tensors& in) { return torch::mm(in[0], in[1].t()) + in[2]; },
          {random_tensor({rows, in_size}, 1), random_tensor({out_size, in_size}, 2),
           random_tensor({out_size}, 3)},
          {true, false, false}};
}

TEST(Linear, AgreesWithTheFormulaForwardAndBackward) {
  for (const auto& [rows, in, out] :
       std::vector<std::array<int64_t, 3>>{{1, 1, 1}, {5, 17, 3}, {65, 33, 130}, {7, 24, 1027}}) {
    reference_test(rows, in, out).run_in_both_precisions();
  }
}

TEST(Linear, EmptyInputGivesEmptyOutputAndZeroGradients) {
  reference_test(0, 8, 5).run_in_both_precisions();
  reference_test(0, 8, 1030).run_in_both_precisions();
}

TEST(Linear, WithAWorkingCopyTheMatmulIsBf16AndGradientsStayFp32) {
  const auto weight = random_tensor({6, 4}, 1).requires_grad_(true);
  const auto bias = torch::zeros({6}).requires_grad_(true);
  const auto y = linear(random_tensor({3, 4}, 2), weight, bias, weight.detach().to(torch::kBFloat16));
  EXPECT_EQ(y.scalar_type(), torch::kBFloat16);
  y.sum().backward();
  EXPECT_EQ(weight.grad().scalar_type(), torch::kFloat32);
  EXPECT_EQ(bias.grad().scalar_type(), torch::kFloat32);
}

torch::Tensor bf16_linear(const torch::Tensor& x, const torch::Tensor& weight, const torch::Tensor& bias) {
  return linear(x, weight, bias, weight.detach().to(torch::kBFloat16));
}

TEST(Linear, RowsOfABf16VocabularyAreAlignedTo16Bytes) {
  const auto rows_of = [](int64_t out) {
    return bf16_linear(random_tensor({3, 4}, 1), random_tensor({out, 4}, 2), torch::zeros({out})).stride(0);
  };
  EXPECT_EQ(rows_of(30522), 30528);
  EXPECT_EQ(rows_of(1024), 1024);
  EXPECT_EQ(rows_of(3), 3);
}

TEST(Linear, GradientsOfAlignedRowsEqualThoseOfContiguousRows) {
  const auto labels = torch::tensor({5, 1029, 0}, torch::kInt64);
  Tensors grads;
  for (const bool aligned : {true, false}) {
    const auto x = random_tensor({3, 24}, 1).to(torch::kBFloat16).requires_grad_(true);
    const auto weight = random_tensor({1030, 24}, 2).requires_grad_(true);
    const auto bias = random_tensor({1030}, 3).requires_grad_(true);
    auto logits = bf16_linear(x, weight, bias);
    if (!aligned) logits = logits.contiguous();
    int64_t stride = 0;
    logits.register_hook([&](const torch::Tensor& grad) { stride = grad.stride(0); });
    cross_entropy(logits, labels).loss_sum.backward();
    EXPECT_EQ(stride, aligned ? 1032 : 1030);
    for (const auto& leaf : {x, weight, bias}) grads.push_back(leaf.grad());
  }
  for (size_t i = 0; i < 3; ++i) EXPECT_TRUE(torch::equal(grads[i], grads[i + 3])) << i;
}

TEST(Linear, AccumulatesIntoAnExistingGradient) {
  auto weight = torch::ones({2, 3}).requires_grad_(true);
  auto bias = torch::zeros({2}).requires_grad_(true);
  weight.mutable_grad() = torch::full({2, 3}, 10.0F);
  bias.mutable_grad() = torch::full({2}, 10.0F);
  const auto* buffer = weight.grad().const_data_ptr();
  linear(torch::full({4, 3}, 0.5F), weight, bias).sum().backward();
  EXPECT_EQ(weight.grad().const_data_ptr(), buffer);
  EXPECT_TRUE(torch::equal(weight.grad(), torch::full({2, 3}, 12.0F)));
  EXPECT_TRUE(torch::equal(bias.grad(), torch::full({2}, 14.0F)));
}

TEST(Linear, ASignalInterruptsABackwardPass) {
  const auto weight = torch::ones({2, 3}).requires_grad_(), bias = torch::zeros({2}).requires_grad_();
  const StopSignal stop;
  const auto loss = linear(torch::ones({4, 3}), weight, bias).sum(), other = loss + 0;
  std::raise(SIGTERM);
  loss.backward({}, /*retain_graph=*/true);  // without an interruptible scope
  const Interruptible passes;
  EXPECT_THROW(other.backward(), Stopped);
}

}  // namespace
}  // namespace rpp
