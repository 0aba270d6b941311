#include "bert_format/relative_position.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>

namespace rpp {

int64_t relative_position_bucket(int64_t distance) {
  constexpr int64_t kHalf = kPositionBuckets / 2, kExact = kHalf / 2;
  constexpr float kStart = kExact, kFarthest = 128;
  const int64_t first = distance > 0 ? kHalf : 0, length = std::abs(distance);
  if (length < kExact) return first + length;
  const float share = std::log(static_cast<float>(length) / kStart) / std::log(kFarthest / kStart);
  const auto further = static_cast<int64_t>(share * static_cast<float>(kHalf - kExact));
  return first + std::min(kExact + further, kHalf - 1);
}

}  // namespace rpp
