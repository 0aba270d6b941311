// Weights of a model as floats, straight from its file.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "bert_format/tensor_index.h"

namespace rpp {

// Valid as long as the file. Throws Error naming the tensor when it is absent, not F32, or does not have
// `count` entries.
std::span<const float> floats_of(const TensorIndex<TensorView>& tensors, std::string_view canonical_name,
                                 int64_t count);

}  // namespace rpp
