#include "encoder_weights.h"

#include "io/finite.h"

namespace rpp {

std::span<const float> floats_of(const TensorIndex<TensorView>& tensors, std::string_view canonical_name,
                                 int64_t count) {
  const TensorView& view = tensors.at(canonical_name);
  RPP_CHECK(view.dtype == Dtype::f32,
            "{}: tensor {} is {}, only F32 is compacted: save the model in F32 first", tensors.file(),
            view.name, dtype_name(view.dtype));
  RPP_CHECK(view.num_elements() == count, "{}: tensor {} has {} entries, config.json asks for {}",
            tensors.file(), view.name, view.num_elements(), count);
  check_finite(tensors.file(), view);
  return view.as<float>();
}

}  // namespace rpp
