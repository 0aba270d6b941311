#include "io/floats.h"

#include "core/small_floats.h"
#include "rpp/error.h"

namespace rpp {

bool is_float(Dtype dtype) {
  return dtype == Dtype::f64 || dtype == Dtype::f32 || dtype == Dtype::f16 || dtype == Dtype::bf16;
}

std::span<const float> as_floats(const TensorView& tensor, std::vector<float>& storage) {
  RPP_CHECK(is_float(tensor.dtype), "tensor {} is {}, weights must be F64, F32, F16 or BF16", tensor.name,
            dtype_name(tensor.dtype));
  if (tensor.dtype == Dtype::f32) return tensor.as<float>();
  storage.clear();
  storage.reserve(static_cast<size_t>(tensor.num_elements()));
  if (tensor.dtype == Dtype::f64) {
    for (const double value : tensor.as<double>()) storage.push_back(static_cast<float>(value));
    return storage;
  }
  for (const uint16_t bits : tensor.as<uint16_t>()) {
    storage.push_back(tensor.dtype == Dtype::f16 ? fp16_value(bits) : bf16_value(bits));
  }
  return storage;
}

}  // namespace rpp
