#include "core/xxh3.h"

#include <gtest/gtest.h>

#include <string>

namespace rpp {
namespace {

TEST(Xxh3, OneFlippedBitChangesTheHash) {
  std::string text(1000, 'a');
  const uint64_t before = xxh3_64(std::as_bytes(std::span(text)));
  text[500] ^= 1;
  EXPECT_NE(xxh3_64(std::as_bytes(std::span(text))), before);
}

TEST(Xxh3, HashOfEmptyInputIsThePublishedValue) {  // xxHash, XXH3_64bits of an empty input with seed 0
  EXPECT_EQ(xxh3_64({}), 0x2d06800538d394c2ULL);
}

}  // namespace
}  // namespace rpp
