// XXH3, for detecting accidental damage.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

namespace rpp {

uint64_t xxh3_64(std::span<const std::byte> bytes);

// XXH3-64 of data given in pieces.
class Xxh3 {
 public:
  Xxh3();
  ~Xxh3();
  void update(std::span<const std::byte> bytes);
  uint64_t value() const;  // of the data so far

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace rpp
