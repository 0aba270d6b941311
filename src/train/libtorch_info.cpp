#include "rpp/train/libtorch_info.h"

#include <torch/torch.h>

namespace rpp {
namespace {

std::string cuda_state() {
#ifdef RPP_CUDA
  if (torch::cuda::is_available()) return "CUDA available";
  return "CUDA built in, no device found";
#else
  return "CUDA not in this build";
#endif
}

}  // namespace

std::string libtorch_info() {
  return ", LibTorch " RPP_LIBTORCH_VERSION ", " + cuda_state();
}

}  // namespace rpp
