// A small set of parameters of all three groups, in a different order than in the buffer.
#pragma once

#include <utility>
#include <vector>

#include "ops/torch.h"
#include "rpp/param_spec.h"

namespace rpp::test {

inline torch::Tensor gaussian(torch::IntArrayRef shape, double deviation, uint64_t seed) {
  torch::manual_seed(seed);
  return torch::randn(shape) * deviation;
}

inline torch::Tensor leaf(torch::IntArrayRef shape, uint64_t seed) {
  return gaussian(shape, 0.1, seed).requires_grad_();
}

// "bias" [5] undecayed; "qk" [6, 7] prunable, made of "query" and "key" [3, 7]; "table" [4, 3] decayed; "out"
// [5, 3] prunable.
inline std::vector<ParamSpec> some_params(uint64_t seed = 1) {
  ParamSpec bias{.name = "bias", .param = leaf({5}, seed), .group = ParamGroup::undecayed};
  ParamSpec qk{.name = "qk", .param = leaf({6, 7}, seed + 1), .group = ParamGroup::prunable};
  qk.matrices = {{"query", 0, 3, 7}, {"key", 3, 3, 7}};
  ParamSpec table{.name = "table", .param = leaf({4, 3}, seed + 2), .group = ParamGroup::decayed};
  ParamSpec out{.name = "out", .param = leaf({5, 3}, seed + 3), .group = ParamGroup::prunable};
  out.matrices = {{"out", 0, 5, 3}};
  return {bias, qk, table, out};
}

inline constexpr int64_t kPrunable = 6 * 7 + 5 * 3;
inline constexpr int64_t kDecayed = kPrunable + 4 * 3;
inline constexpr int64_t kAll = kDecayed + 5;

// One prunable parameter of `size` entries, called "w".
inline std::vector<ParamSpec> one_matrix(int64_t size, uint64_t seed = 1) {
  ParamSpec spec{.name = "w", .param = leaf({1, size}, seed), .group = ParamGroup::prunable};
  spec.matrices = {{"w", 0, 1, size}};
  return {spec};
}

}  // namespace rpp::test
