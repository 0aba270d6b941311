// Which elements dropout drops: a pure function of (seed, element index), the same for any number of threads.
//
// Backward passes draw the mask again instead of storing it, and a GPU draws the same mask as a CPU. No
// Torch.
#pragma once

#include <cstdint>

#include "core/rng.h"
#include "core/small_floats.h"

namespace rpp {

struct DropoutRule {
  uint64_t seed = 0;
  uint64_t dropped_below = 0;         // out of 2^32; 0: nothing is dropped
  float kept_scale = 1.0F;            // 1 / (1 - rate)
  const uint64_t* seed_at = nullptr;  // in GPU memory: kernels read this instead of `seed`

  constexpr bool active() const { return dropped_below != 0; }
};

// 0 <= rate < 1.
inline DropoutRule dropout_rule(double rate, uint64_t seed) {
  return {.seed = seed,
          .dropped_below = static_cast<uint64_t>(rate * 0x1.0p32),
          .kept_scale = static_cast<float>(1.0 / (1.0 - rate))};
}

// The rule with the seed that seed_at points to.
RPP_ELEMENT DropoutRule with_seed_of_memory(DropoutRule rule) {
  if (rule.seed_at != nullptr) rule.seed = *rule.seed_at;
  return rule;
}

// The draw shared by two neighbours: the lower half is for the even index, the upper half for the odd one.
RPP_ELEMENT uint64_t dropout_draw(const DropoutRule& rule, uint64_t pair) {
  return mix64(rule.seed + (pair + 1) * kGoldenGamma);
}

// The factor for the element of this half of a draw: 0 or kept_scale.
RPP_ELEMENT float dropout_factor_of(const DropoutRule& rule, uint32_t half) {
  return half < rule.dropped_below ? 0.0F : rule.kept_scale;
}

// The factor of element `index`.
RPP_ELEMENT float dropout_factor(const DropoutRule& rule, uint64_t index) {
  const uint64_t draw = dropout_draw(rule, index / 2);
  return dropout_factor_of(rule, static_cast<uint32_t>(index % 2 == 0 ? draw : draw >> 32));
}

// The index of an attention probability: query token of the batch, head, key within the sequence.
inline uint64_t attention_index(int64_t query_token, int64_t head, int64_t num_heads, int64_t key) {
  return (static_cast<uint64_t>(query_token * num_heads + head) << 24) + static_cast<uint64_t>(key);
}

}  // namespace rpp
