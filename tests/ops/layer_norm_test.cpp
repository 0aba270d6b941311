#include "ops/layer_norm.h"

#include "ops/compare.h"
#include "ops/composite.h"
#include "ops/dropout.h"

namespace rpp {
namespace {

constexpr double kEpsilon = 1e-5;

torch::Tensor normalise(const torch::Tensor& x, const torch::Tensor& weight, const torch::Tensor& bias) {
  const auto centred = x - x.mean(-1, true);
  return centred / torch::sqrt((centred * centred).mean(-1, true) + kEpsilon) * weight + bias;
}

Tensors row_inputs(int64_t rows, int64_t hidden) {
  return {random_tensor({rows, hidden}, 1), random_tensor({hidden}, 2), random_tensor({hidden}, 3)};
}

const std::vector<std::pair<int64_t, int64_t>> kSizes = {{1, 1}, {3, 17}, {65, 48}, {131, 257}};

TEST(LayerNorm, AgreesWithTheFormulaForwardAndBackward) {
  for (const auto& [rows, hidden] : kSizes) {
    const ReferenceTest test = {[](const Tensors& in) { return layer_norm(in[0], in[1], in[2], kEpsilon); },
                                [](const Tensors& in) { return normalise(in[0], in[1], in[2]); },
                                row_inputs(rows, hidden),
                                {true, false, false}};
    test.run(torch::kFloat32, 2e-6);
    test.run(torch::kBFloat16, 2e-2);
  }
}

TEST(LayerNorm, CompositeAgreesWithTheFormula) {
  const ReferenceTest test = {
      [](const Tensors& in) { return composite::layer_norm(in[0], in[1], in[2], kEpsilon); },
      [](const Tensors& in) { return normalise(in[0], in[1], in[2]); },
      row_inputs(9, 33),
      {true, false, false}};
  test.run(torch::kFloat32, 2e-6);
}

TEST(DropoutAddLayerNorm, IsDropoutThenSumThenLayerNorm) {
  for (const double rate : {0.0, 0.2}) {
    for (const auto& [rows, hidden] : kSizes) {
      const auto mask = dropout(torch::ones({rows, hidden}), rate, uint64_t{9}).to(torch::kFloat64);
      auto inputs = row_inputs(rows, hidden);
      inputs.push_back(random_tensor({rows, hidden}, 4));
      const ReferenceTest test = {
          [&](const Tensors& in) {
            return dropout_add_layer_norm(in[0], in[3], in[1], in[2], kEpsilon, rate, uint64_t{9});
          },
          [&](const Tensors& in) { return normalise(in[0] * mask + in[3], in[1], in[2]); },
          inputs,
          {true, false, false, true}};
      test.run(torch::kFloat32, 2e-6);
      test.run(torch::kBFloat16, 3e-2);
    }
  }
}

TEST(DropoutAddLayerNorm, AResidualInFp32IsCastToTheActivations) {
  const auto in = row_inputs(5, 16);
  const auto y = dropout_add_layer_norm(in[0].to(torch::kBFloat16), in[0], in[1], in[2], kEpsilon, 0.0, 0);
  EXPECT_EQ(y.scalar_type(), torch::kBFloat16);
}

TEST(LayerNorm, NaNStaysNaN) {
  auto x = torch::zeros({2, 32});
  x[1][5] = NAN;
  const auto y = layer_norm(x, torch::ones({32}), torch::zeros({32}), kEpsilon);
  EXPECT_TRUE(torch::isnan(y[1]).all().item<bool>());
  EXPECT_FALSE(torch::isnan(y[0]).any().item<bool>());
}

}  // namespace
}  // namespace rpp
