// The seed of a dropout mask.
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <utility>

namespace rpp {

// A number, or a location in memory. A CUDA graph always repeats the number that it was recorded with, but
// reads the current value from memory.
struct DropoutSeed {
  DropoutSeed(uint64_t seed) : number(seed) {}
  explicit DropoutSeed(torch::Tensor in_memory) : memory(std::move(in_memory)) {}

  // Throws Error if it is in GPU memory, which the host does not wait for.
  uint64_t on_host() const;

  uint64_t number = 0;
  torch::Tensor memory;  // if defined: int64 scalar with the seed's bits, on the device of the op
};

}  // namespace rpp
