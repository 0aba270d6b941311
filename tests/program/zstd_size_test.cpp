#include "program/zstd_size.h"

#include <gtest/gtest.h>
#include <zstd.h>

#include <algorithm>
#include <cstddef>
#include <vector>

#include "core/rng.h"

namespace rpp {
namespace {

std::vector<std::byte> random_bytes(size_t count) {
  Rng rng(1);
  std::vector<std::byte> bytes(count);
  for (auto& byte : bytes) byte = static_cast<std::byte>(rng.below(256));
  return bytes;
}

// Compresses all input in one call.
int64_t size_at_once(std::span<const std::byte> bytes) {
  std::vector<std::byte> packed(ZSTD_compressBound(bytes.size()));
  ZSTD_CCtx* context = ZSTD_createCCtx();
  ZSTD_inBuffer input{bytes.data(), bytes.size(), 0};
  ZSTD_outBuffer output{packed.data(), packed.size(), 0};
  ZSTD_compressStream2(context, &output, &input, ZSTD_e_continue);
  ZSTD_inBuffer nothing{nullptr, 0, 0};
  ZSTD_compressStream2(context, &output, &nothing, ZSTD_e_end);
  ZSTD_freeCCtx(context);
  return static_cast<int64_t>(output.pos);
}

TEST(ZstdSize, DoesNotDependOnHowTheStreamIsSplit) {
  const auto bytes = random_bytes(1'000'000);
  for (const size_t piece : {size_t{1'000'000}, size_t{300'000}, size_t{131'071}, size_t{7'777}}) {
    ZstdSize zstd;
    for (size_t first = 0; first < bytes.size(); first += piece) {
      zstd.update(std::span(bytes).subspan(first, std::min(piece, bytes.size() - first)));
    }
    EXPECT_EQ(zstd.finish(), size_at_once(bytes)) << piece;
  }
}

TEST(ZstdSize, EmptyInputHasTheSizeOfAnEmptyFrame) {
  EXPECT_EQ(ZstdSize().finish(), size_at_once({}));
}

}  // namespace
}  // namespace rpp
