// Compares the CUDA kernel with the CPU loop: both use the same element function, so only contracted
// multiply-adds may differ.
#include <gtest/gtest.h>

#include "adamw_reference.h"
#include "ops/torch.h"

#ifdef RPP_CUDA
#include <c10/cuda/CUDAStream.h>
#endif

namespace rpp::test {
namespace {

#ifdef RPP_CUDA

template <typename T>
torch::Tensor on_gpu(std::vector<T>& values, torch::ScalarType type) {
  return torch::from_blob(values.data(), {static_cast<int64_t>(values.size())}, type).to(torch::kCUDA);
}

template <typename T>
void copy_back(const torch::Tensor& tensor, std::vector<T>& values, torch::ScalarType type) {
  torch::from_blob(values.data(), {static_cast<int64_t>(values.size())}, type).copy_(tensor);
}

void step_on_gpu(const AdamWStep& step, AdamWArrays& arrays) {
  const auto values = on_gpu(arrays.values, torch::kFloat32), grads = on_gpu(arrays.grads, torch::kFloat32);
  const auto exp_avg = on_gpu(arrays.exp_avg, torch::kFloat32);
  const auto exp_avg_sq = on_gpu(arrays.exp_avg_sq, torch::kFloat32);
  const auto working = on_gpu(arrays.working, torch::kInt16);
  const auto keep = on_gpu(arrays.keep, torch::kUInt8), alpha = on_gpu(arrays.alpha, torch::kFloat32);
  AdamWSpan span;
  span.values = values.data_ptr<float>();
  span.grads = grads.data_ptr<float>();
  span.exp_avg = exp_avg.data_ptr<float>();
  span.exp_avg_sq = exp_avg_sq.data_ptr<float>();
  span.working = static_cast<uint16_t*>(working.data_ptr());
  span.keep = keep.data_ptr<uint8_t>();
  span.alpha = alpha.data_ptr<float>();
  span.size = values.numel();
  ASSERT_EQ(adamw_cuda(step, span, c10::cuda::getCurrentCUDAStream().stream()), 0);
  copy_back(values, arrays.values, torch::kFloat32);
  copy_back(exp_avg, arrays.exp_avg, torch::kFloat32);
  copy_back(exp_avg_sq, arrays.exp_avg_sq, torch::kFloat32);
  copy_back(working, arrays.working, torch::kInt16);
}

#endif

class AdamWCuda : public testing::TestWithParam<AdamWShrink> {
 protected:
  void SetUp() override {
#ifndef RPP_CUDA
    GTEST_SKIP() << "built without CUDA";
#else
    if (!torch::cuda::is_available()) GTEST_SKIP() << "no CUDA device";
#endif
  }
};

// Sizes around a warp, a block, and more elements than one pass of the grid covers in packs of four.
TEST_P(AdamWCuda, EqualsTheCpuLoop) {
#ifdef RPP_CUDA
  const auto step = some_step(GetParam());
  for (const int64_t size : {1, 31, 33, 255, 257, 4 * 132 * 32 * 256 + 17}) {
    AdamWArrays gpu(size), cpu(size);
    step_on_gpu(step, gpu);
    adamw_cpu(step, cpu.span());
    for (size_t i = 0; i < cpu.values.size(); ++i) {
      ASSERT_NEAR(gpu.values[i], cpu.values[i], 1e-7) << "entry " << i << " of " << size;
      ASSERT_NEAR(gpu.exp_avg[i], cpu.exp_avg[i], 1e-8) << "entry " << i << " of " << size;
      ASSERT_NEAR(gpu.exp_avg_sq[i], cpu.exp_avg_sq[i], 1e-9) << "entry " << i << " of " << size;
      ASSERT_EQ(gpu.working[i], bf16_bits(gpu.values[i])) << "entry " << i << " of " << size;
      ASSERT_FALSE(gpu.values[i] == 0.0F && std::signbit(gpu.values[i])) << "entry " << i << " of " << size;
    }
  }
#endif
}

INSTANTIATE_TEST_SUITE_P(AdamWKernel, AdamWCuda, testing::ValuesIn(kEveryShrink),
                         [](const auto& info) { return name_of(info.param); });

}  // namespace
}  // namespace rpp::test
