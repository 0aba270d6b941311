// Reads and writes fp32 and bf16 elements by one name, for loops and CUDA kernels of either type. No Torch.
#pragma once

#include <cstdint>

#include "core/small_floats.h"

namespace rpp {

RPP_ELEMENT float to_float(float value) {
  return value;
}
RPP_ELEMENT float to_float(uint16_t bf16) {
  return bf16_value(bf16);
}
RPP_ELEMENT void store(float* at, float value) {
  *at = value;
}
RPP_ELEMENT void store(uint16_t* at, float value) {
  *at = bf16_bits(value);
}

}  // namespace rpp
