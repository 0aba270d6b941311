#include "bf16_matmul.h"

#include "bf16_dot.h"

namespace rpp {

bool has_bf16_matmul(const torch::Device& device) {
#if RPP_HAS_DOT_CODE
  return !device.is_cpu() || has_bf16_dot();
#else
  return true;  // not known: Torch's own kernels
#endif
}

}  // namespace rpp
