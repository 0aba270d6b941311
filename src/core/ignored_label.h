// The label of filler rows, which exist only to give a batch its shape.
#pragma once

#include <cstdint>

namespace rpp {

// Such a row adds no loss, does not count as correct and has no gradient. The value is PyTorch's
// ignore_index.
inline constexpr int32_t kIgnoredLabel = -100;

}  // namespace rpp
