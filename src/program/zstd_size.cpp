#include "program/zstd_size.h"

#include <zstd.h>

#include <vector>

#include "rpp/error.h"

namespace rpp {

struct ZstdSize::State {
  ZSTD_CCtx* context = ZSTD_createCCtx();
  std::vector<std::byte> buffer = std::vector<std::byte>(ZSTD_CStreamOutSize());
  int64_t bytes = 0;

  ~State() { ZSTD_freeCCtx(context); }

  void compress(std::span<const std::byte> input, ZSTD_EndDirective end) {
    ZSTD_inBuffer in{input.data(), input.size(), 0};
    size_t left = 0;  // bytes still buffered in zstd
    do {
      ZSTD_outBuffer out{buffer.data(), buffer.size(), 0};
      left = ZSTD_compressStream2(context, &out, &in, end);
      RPP_CHECK(!ZSTD_isError(left), "zstd: {}", ZSTD_getErrorName(left));
      bytes += static_cast<int64_t>(out.pos);
    } while (in.pos < in.size || (end == ZSTD_e_end && left > 0));
  }
};

ZstdSize::ZstdSize() : state_(std::make_unique<State>()) {}
ZstdSize::~ZstdSize() = default;

void ZstdSize::update(std::span<const std::byte> bytes) {
  state_->compress(bytes, ZSTD_e_continue);
}

int64_t ZstdSize::finish() {
  state_->compress({}, ZSTD_e_end);
  return state_->bytes;
}

}  // namespace rpp
