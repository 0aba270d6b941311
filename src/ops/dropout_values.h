// dropout_factor over many neighbours: one draw per two, in vectorised loops.
#pragma once

#include <algorithm>
#include <cstring>

#include "ops/dropout_mask.h"
#include "simd.h"

namespace rpp {

// values[i] *= dropout_factor(given, first + i), for i in [0, n).
RPP_INLINE void drop_values(float* __restrict values, const DropoutRule& given, uint64_t first, int64_t n) {
  constexpr int64_t kDraws = 64;
  const DropoutRule rule = given;  // a local copy cannot alias the array
  const auto dropped_below = static_cast<uint32_t>(rule.dropped_below);
  int64_t i = 0;
  if (n > 0 && first % 2 != 0) values[i++] *= dropout_factor(rule, first);
  while (i < n) {
    const int64_t count = std::min(n - i, 2 * kDraws);
    const uint64_t first_pair = (first + static_cast<uint64_t>(i)) / 2;
    uint64_t draws[kDraws];
    for (int64_t d = 0; d < (count + 1) / 2; ++d) {
      draws[d] = dropout_draw(rule, first_pair + static_cast<uint64_t>(d));
    }
    uint32_t halves[2 * kDraws];  // on a little-endian processor the lower half comes first
    static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__);
    std::memcpy(halves, draws, sizeof halves);
    for (int64_t j = 0; j < count; ++j) {
      values[i + j] *= halves[j] < dropped_below ? 0.0F : rule.kept_scale;
    }
    i += count;
  }
}

}  // namespace rpp
