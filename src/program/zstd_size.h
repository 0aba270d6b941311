// The size that a general-purpose compressor reaches, as a baseline for our own format.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

namespace rpp {

// Counts the bytes that zstd produces at its default level 3; the output is discarded.
class ZstdSize {
 public:
  ZstdSize();
  ~ZstdSize();
  void update(std::span<const std::byte> bytes);
  int64_t finish();  // size of the whole stream; call once

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace rpp
