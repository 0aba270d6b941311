#include "optim/clip.h"

#include <ATen/Parallel.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "ops/torch.h"
#include "some_params.h"

namespace rpp::test {
namespace {

double norm_of(const torch::Tensor& grads) {
  const FlatParams params(one_matrix(grads.numel()));
  params.grads().copy_(grads);
  return global_grad_norm(params);
}

// Sizes around the lanes of the inner loop and the blocks of the sum.
TEST(GlobalGradNorm, EqualsTheNormInDoubleOnOddSizes) {
  for (const int64_t size : {1, 7, 8, 9, 1001, 65535, 65536, 65537, 200003}) {
    const auto grads = gaussian({size}, 0.3, 5);
    EXPECT_NEAR(norm_of(grads), grads.to(torch::kFloat64).norm().item<double>(), 1e-9) << size;
  }
}

TEST(GlobalGradNorm, SumsInDouble) {
  // fp32 cannot represent 2^24 + 1: summing 1 + 2^24 ones would stop at 2^24.
  EXPECT_DOUBLE_EQ(norm_of(torch::ones({(1 << 24) + 4})), std::sqrt((1 << 24) + 4.0));
  EXPECT_DOUBLE_EQ(norm_of(torch::tensor({1e30F})), static_cast<double>(1e30F));  // its square overflows fp32
}

TEST(GlobalGradNorm, IsTheSameForAnyNumberOfThreads) {
  const auto grads = gaussian({300001}, 0.3, 6);
  const int threads = at::get_num_threads();
  at::set_num_threads(1);
  const double alone = norm_of(grads);
  at::set_num_threads(threads);
  EXPECT_EQ(norm_of(grads), alone);
}

TEST(GlobalGradNorm, CoversEveryGroup) {
  const FlatParams params(some_params());
  params.grads().fill_(1.0);
  EXPECT_DOUBLE_EQ(global_grad_norm(params), std::sqrt(static_cast<double>(kAll)));
}

TEST(GlobalGradNorm, PropagatesNonFiniteGradients) {
  auto grads = torch::ones({100000});
  grads[99999] = std::numeric_limits<float>::quiet_NaN();
  EXPECT_FALSE(std::isfinite(norm_of(grads)));
  grads[99999] = -std::numeric_limits<float>::infinity();
  EXPECT_FALSE(std::isfinite(norm_of(grads)));
}

TEST(ClipScale, ReducesOnlyNormsAboveTheLimit) {
  EXPECT_DOUBLE_EQ(clip_scale(4.0, 1.0), 0.25);
  EXPECT_DOUBLE_EQ(clip_scale(1.0, 1.0), 1.0);
  EXPECT_DOUBLE_EQ(clip_scale(0.5, 1.0), 1.0);
  EXPECT_DOUBLE_EQ(clip_scale(0.0, 1.0), 1.0);
}

TEST(ClipScale, ZeroMeansNoClipping) {
  EXPECT_DOUBLE_EQ(clip_scale(1e9, 0.0), 1.0);
}

}  // namespace
}  // namespace rpp::test
