// Counter-based random numbers: a stream is a pure function of (seed, step, sample, purpose).
//
// Streams are independent, so a resumed run draws what the uninterrupted one drew and checkpoints contain no
// random state. The mixer is SplitMix64 (Steele, Lea, Flood, OOPSLA 2014).
#pragma once

#include <cmath>
#include <cstdint>
#include <span>
#include <utility>

namespace rpp {

// SplitMix64's finaliser: a bijection of 64 bits in which every input bit affects every output bit.
constexpr uint64_t mix64(uint64_t x) {
  x ^= x >> 30;
  x *= 0xbf58476d1ce4e5b9ULL;
  x ^= x >> 27;
  x *= 0x94d049bb133111ebULL;
  return x ^ (x >> 31);
}

inline constexpr uint64_t kGoldenGamma = 0x9e3779b97f4a7c15ULL;

// A key that depends on all of its words and their order.
template <typename... Words>
constexpr uint64_t mix_key(uint64_t seed, Words... words) {
  uint64_t key = mix64(seed + kGoldenGamma);
  ((key = mix64(key ^ (static_cast<uint64_t>(words) + kGoldenGamma + (key << 6)))), ...);
  return key;
}

class Rng {
 public:
  explicit Rng(uint64_t key) : state_(key) {}

  uint64_t next_u64() { return mix64(state_ += kGoldenGamma); }

  // Uniform in [0, 1) with 53 bits.
  double uniform() { return static_cast<double>(next_u64() >> 11) * 0x1.0p-53; }

  // Uniform in [0, bound), without bias (Lemire 2019). bound > 0.
  uint64_t below(uint64_t bound) {
    auto product = static_cast<unsigned __int128>(next_u64()) * bound;
    if (static_cast<uint64_t>(product) < bound) {
      const uint64_t threshold = (0 - bound) % bound;
      while (static_cast<uint64_t>(product) < threshold) {
        product = static_cast<unsigned __int128>(next_u64()) * bound;
      }
    }
    return static_cast<uint64_t>(product >> 64);
  }

  // Standard normal (Box and Muller; the second value of the pair is discarded to keep the stream simple).
  double normal() {
    const double radius = std::sqrt(-2.0 * std::log(1.0 - uniform()));
    return radius * std::cos(6.283185307179586 * uniform());
  }

  template <typename T>
  void shuffle(std::span<T> values) {
    for (size_t i = values.size(); i > 1; --i) std::swap(values[i - 1], values[below(i)]);
  }

 private:
  uint64_t state_;
};

}  // namespace rpp
