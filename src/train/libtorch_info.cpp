#include "train/libtorch_info.h"
#include "ops/torch.h"

#include <string_view>

namespace rpp {
namespace {

std::string_view cuda_state() {
#ifdef RPP_CUDA
  if (torch::cuda::is_available()) return "CUDA available";
  return "CUDA built in, no device found";
#else
  return "CUDA not in this build";
#endif
}

}  // namespace

std::string libtorch_info() {
  return std::string(", LibTorch " RPP_LIBTORCH_VERSION ", ").append(cuda_state());
}

}  // namespace rpp
