#include "io/finite.h"

#include <cmath>

#include "core/small_floats.h"
#include "rpp/error.h"

namespace rpp {
namespace {

// Counts them and finds the first one. A loop that only counts is vectorised.
template <typename T, typename ToFloat>
void check_values(const std::filesystem::path& file, const TensorView& tensor, const ToFloat& to_float) {
  const auto values = tensor.as<T>();
  int64_t num_bad = 0;
  for (const T value : values) num_bad += std::isfinite(to_float(value)) ? 0 : 1;
  if (num_bad == 0) return;
  size_t first = 0;
  while (std::isfinite(to_float(values[first]))) ++first;
  const auto value = to_float(values[first]);
  fail(
      "{}: tensor {} holds {} value{} that {} not finite, the first is {} (entry {} of {}): the training "
      "that "
      "wrote it has diverged or the file is damaged; take an earlier checkpoint",
      file, tensor.name, num_bad, num_bad == 1 ? "" : "s", num_bad == 1 ? "is" : "are",
      std::isnan(value) ? std::abs(value) : value, first, values.size());
}

}  // namespace

void check_finite(const std::filesystem::path& file, const TensorView& tensor) {
  switch (tensor.dtype) {
    case Dtype::f64:
      return check_values<double>(file, tensor, [](double value) { return static_cast<float>(value); });
    case Dtype::f32:
      return check_values<float>(file, tensor, [](float value) { return value; });
    case Dtype::f16:
      return check_values<uint16_t>(file, tensor, [](uint16_t bits) { return fp16_value(bits); });
    case Dtype::bf16:
      return check_values<uint16_t>(file, tensor, [](uint16_t bits) { return bf16_value(bits); });
    default:
      return;
  }
}

}  // namespace rpp
