// A model of two small prunable parameters (a fused pair and a single matrix) and a bias, for the pruners'
// tests.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "ops/torch.h"
#include "rpp/flat_params.h"
#include "rpp/prox_adamw.h"
#include "rpp/pruner.h"

namespace rpp::test {

inline torch::Tensor gaussian(torch::IntArrayRef shape, double deviation, uint64_t seed) {
  torch::manual_seed(seed);
  return torch::randn(shape) * deviation;
}

// Weights as one row [1, n]: the matrix is called "w".
inline std::vector<ParamSpec> one_matrix(const torch::Tensor& weights) {
  const auto rows = weights.size(0), cols = weights.size(1);
  ParamSpec spec{"w", weights.clone().requires_grad_(), ParamGroup::prunable, {}};
  spec.matrices = {{"w", 0, rows, cols}};
  return {spec};
}

// "query" [6, 7] and "key" [6, 7] inside one parameter, "output" [5, 9], and a bias that is not prunable.
inline std::vector<ParamSpec> three_matrices(uint64_t seed) {
  ParamSpec qk{"qk", gaussian({12, 7}, 0.04, seed).requires_grad_(), ParamGroup::prunable, {}};
  qk.matrices = {{"query", 0, 6, 7}, {"key", 6, 6, 7}};
  ParamSpec output{"output", gaussian({5, 9}, 0.4, seed + 1).requires_grad_(), ParamGroup::prunable, {}};
  output.matrices = {{"output", 0, 5, 9}};
  ParamSpec bias{"bias", torch::full({4}, 0.5F).requires_grad_(), ParamGroup::undecayed, {}};
  return {bias, qk, output};
}

inline OptimizerConfig without_decay() {
  OptimizerConfig config;
  config.weight_decay = 0.0;
  return config;
}

inline double zero_ratio(const torch::Tensor& values) {
  return values.eq(0).to(torch::kFloat64).mean().item<double>();
}

}  // namespace rpp::test
