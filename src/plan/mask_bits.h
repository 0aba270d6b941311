// Masks as packed bits: eight entries per byte, least significant bit first.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace rpp {

inline std::vector<uint8_t> pack_bits(std::span<const uint8_t> mask) {
  std::vector<uint8_t> bits((mask.size() + 7) / 8, 0);
  for (size_t i = 0; i < mask.size(); ++i) {
    if (mask[i]) bits[i / 8] |= static_cast<uint8_t>(1U << (i % 8));
  }
  return bits;
}

// mask.size() is the number of bits.
inline void unpack_bits_into(std::span<const uint8_t> bits, std::span<uint8_t> mask) {
  for (size_t i = 0; i < mask.size(); ++i) mask[i] = (bits[i / 8] >> (i % 8)) & 1U;
}

}  // namespace rpp
