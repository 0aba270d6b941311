// What a dropout mask is drawn from.
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <utility>

namespace rpp {

// A number, or one that lies in memory. A CUDA graph repeats the number that it was recorded with, while of
// memory it reads what stands there now.
struct DropoutSeed {
  DropoutSeed(uint64_t seed) : number(seed) {}
  explicit DropoutSeed(torch::Tensor in_memory) : memory(std::move(in_memory)) {}

  // Throws Error where it lies in a GPU's memory, which the host does not wait for.
  uint64_t on_host() const;

  uint64_t number = 0;
  torch::Tensor memory;  // where defined: int64 scalar with its bits, on the device of what is dropped
};

}  // namespace rpp
