// The label of a row that is there for the shape alone.
#pragma once

#include <cstdint>

namespace rpp {

// Such a row adds no loss, is not correct and has no gradient. The number is PyTorch's ignore_index.
inline constexpr int32_t kIgnoredLabel = -100;

}  // namespace rpp
