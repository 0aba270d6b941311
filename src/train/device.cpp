#include "train/device.h"

#include <ATen/Parallel.h>
#include <algorithm>

#include "core/parallel_for.h"
#include "ops/torch.h"
#include "rpp/error.h"

namespace rpp {
namespace {

bool has_cuda() {
#ifdef RPP_CUDA
  return torch::cuda::is_available();
#else
  return false;
#endif
}

}  // namespace

int64_t use_threads(int64_t num_threads, int64_t num_processes) {
  if (num_threads <= 0) num_threads = std::max<int64_t>(1, default_num_threads() / num_processes);
  at::set_num_threads(static_cast<int>(num_threads));
  return num_threads;
}

torch::Device choose_device(const std::string& name) {
  if (name == "cpu" || (name == "automatic" && !has_cuda())) return torch::kCPU;
  if (!has_cuda()) {
    fail_usage("train.device is cuda, but this build or this machine has none: set it to cpu or automatic");
  }
  return {torch::kCUDA, 0};
}

}  // namespace rpp
