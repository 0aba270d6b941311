// How small a general compressor makes bytes: what a format of one's own has to beat.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

namespace rpp {

// Counts what zstd at its default level, 3, makes of the bytes; nothing is kept.
class ZstdSize {
 public:
  ZstdSize();
  ~ZstdSize();
  void update(std::span<const std::byte> bytes);
  int64_t finish();  // bytes of the whole stream; call once

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace rpp
