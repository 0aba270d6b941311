#include "ops/kernels.h"

#include "ops/compare.h"
#include "ops/composite.h"
#include "ops/dropout.h"
#include "ops/gelu.h"
#include "ops/linear.h"

namespace rpp {
namespace {

TEST(Kernels, AGuardSelectsTheKernelsForItsScope) {
  EXPECT_EQ(kernels_in_use(), Kernels::fast);
  {
    const KernelsGuard guard(kernels_of("reference"));
    EXPECT_EQ(kernels_in_use(), Kernels::reference);
    const KernelsGuard inner(kernels_of("fast"));
    EXPECT_EQ(kernels_in_use(), Kernels::fast);
  }
  EXPECT_EQ(kernels_in_use(), Kernels::fast);
}

// The reference draws its mask from Torch's generator, so the bits show which one has run.
TEST(Kernels, ReferenceRunsTheReferenceImplementations) {
  const auto x = random_tensor({40, 33}, 1);
  const auto wanted = composite::dropout(x, 0.3, 5);
  EXPECT_FALSE(torch::equal(rpp::dropout(x, 0.3, 5), wanted));
  const KernelsGuard guard(Kernels::reference);
  EXPECT_TRUE(torch::equal(rpp::dropout(x, 0.3, 5), wanted));
}

TEST(Kernels, AReferenceLinearAgreesForwardAndBackward) {
  const Op op = [](const Tensors& in) { return linear(in[0], in[1], in[2], in[1].to(torch::kBFloat16)); };
  const Tensors inputs = {random_tensor({9, 17}, 1), random_tensor({5, 17}, 2), random_tensor({5}, 3)};
  const std::vector<torch::ScalarType> types(3, torch::kFloat32);
  const auto fast = run_op(op, inputs, types);
  const KernelsGuard guard(Kernels::reference);
  const auto reference = run_op(op, inputs, types);
  expect_close(fast.value.to(torch::kFloat32), reference.value.to(torch::kFloat32), 1e-2);
  for (size_t i = 0; i < inputs.size(); ++i) expect_close(fast.grads[i], reference.grads[i], 1e-2);
}

}  // namespace
}  // namespace rpp
