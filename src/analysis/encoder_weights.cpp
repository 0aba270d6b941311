#include "encoder_weights.h"

#include <fmt/format.h>

#include "analysis/patterns.h"
#include "io/finite.h"
#include "rpp/error.h"

namespace rpp {

std::span<const float> encoder_floats(const SafetensorsFile& file, int64_t layer, std::string_view rest,
                                      int64_t count) {
  const TensorView& view = find_weight(file, fmt::format("encoder.layer.{}.{}", layer, rest));
  RPP_CHECK(view.dtype == Dtype::f32,
            "{}: tensor {} is {}, only F32 is compacted: save the model in F32 first", file.path(), view.name,
            dtype_name(view.dtype));
  RPP_CHECK(view.num_elements() == count, "{}: tensor {} has {} entries, config.json asks for {}",
            file.path(), view.name, view.num_elements(), count);
  check_finite(file.path(), view);
  return view.as<float>();
}

}  // namespace rpp
