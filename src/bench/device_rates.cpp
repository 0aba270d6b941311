#include "device_rates.h"

#ifdef RPP_CUDA
#include <ATen/cuda/CUDAContext.h>
#endif

#include "measure/measurement.h"
#include "ops/bf16_matmul.h"
#include "ops/torch.h"

namespace rpp {
namespace {

constexpr int64_t kRepeat = 5;

template <typename Work>
double best_device_seconds(torch::Device device, const Work& work) {
  work();
  synchronize(device);
  return best_seconds(kRepeat, [&] {
    work();
    synchronize(device);
  });
}

}  // namespace

torch::ScalarType scalar_type_of(const std::string& precision) {
  return precision == "bf16" ? torch::kBFloat16 : torch::kFloat32;
}

void synchronize(torch::Device device) {
  if (device.is_cuda()) torch::cuda::synchronize(device.index());
}

std::string device_name(torch::Device device) {
#ifdef RPP_CUDA
  if (device.is_cuda()) return at::cuda::getDeviceProperties(device.index())->name;
#endif
  return device.str();
}

double gemm_flops_per_second(torch::Device device, torch::ScalarType type) {
  const torch::NoGradGuard no_grad;
  const bool is_cuda = device.is_cuda();
  const int64_t rows = is_cuda ? 8192 : 2048, inner = is_cuda ? 8192 : 1024, cols = is_cuda ? 8192 : 4096;
  if (!has_bf16_matmul(device)) type = torch::kFloat32;
  const auto options = torch::dtype(type).device(device);
  const auto a = torch::ones({rows, inner}, options), b = torch::ones({inner, cols}, options);
  auto product = torch::empty({rows, cols}, options);
  const double seconds = best_device_seconds(device, [&] { torch::mm_out(product, a, b); });
  return 2.0 * static_cast<double>(rows * inner * cols) / seconds;
}

double copy_bytes_per_second(torch::Device device) {
  const torch::NoGradGuard no_grad;
  const auto from =
      torch::ones({(device.is_cuda() ? 256 : 32) << 20}, torch::dtype(torch::kFloat32).device(device));
  auto to = torch::empty_like(from);
  return 2.0 * static_cast<double>(from.nbytes()) / best_device_seconds(device, [&] { to.copy_(from); });
}

}  // namespace rpp
