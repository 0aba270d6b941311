#include "optim/clip.h"
#include "ops/section.h"
#include "ops/torch.h"

#include <ATen/Parallel.h>
#include <algorithm>
#include <cmath>
#include <vector>

namespace rpp {
namespace {

// Blocks are summed separately and then in order, so that the sum does not depend on the number of threads.
constexpr int64_t kBlock = 1 << 16;

double block_sum_of_squares(const float* values, int64_t size) {
  constexpr int kLanes = 8;  // independent sums let the additions overlap
  double sums[kLanes] = {};
  int64_t i = 0;
  for (; i + kLanes <= size; i += kLanes) {
    for (int lane = 0; lane < kLanes; ++lane) {
      const auto value = static_cast<double>(values[i + lane]);
      sums[lane] += value * value;
    }
  }
  for (; i < size; ++i) sums[0] += static_cast<double>(values[i]) * static_cast<double>(values[i]);
  double sum = 0.0;
  for (const double lane_sum : sums) sum += lane_sum;
  return sum;
}

double sum_of_squares(const float* values, int64_t size) {
  const int64_t num_blocks = (size + kBlock - 1) / kBlock;
  std::vector<double> sums(static_cast<size_t>(num_blocks));
  at::parallel_for(0, num_blocks, 1, [&](int64_t begin, int64_t end) {
    for (int64_t block = begin; block < end; ++block) {
      const int64_t first = block * kBlock;
      sums[static_cast<size_t>(block)] = block_sum_of_squares(values + first, std::min(kBlock, size - first));
    }
  });
  double sum = 0.0;
  for (const double block : sums) sum += block;
  return sum;
}

}  // namespace

double global_grad_norm(const FlatParams& params) {
  const Section section("rpp::optimizer");
  const auto& grads = params.grads();
  if (!grads.is_cpu()) return grads.norm(2, torch::kFloat64).item<double>();
  return std::sqrt(sum_of_squares(grads.const_data_ptr<float>(), grads.numel()));
}

double clip_scale(double norm, double max_norm) {
  return max_norm > 0.0 && norm > max_norm ? max_norm / norm : 1.0;
}

}  // namespace rpp
