#include "rpp/core/hash.h"

#include <gtest/gtest.h>

namespace rpp {
namespace {

TEST(Sha256, PiecesHashAsTheWhole) {
  Sha256 hash;
  hash.update("a");
  hash.update("");
  hash.update("bc");
  EXPECT_EQ(hash.hex(), sha256_hex("abc"));
}

TEST(Sha256, OfNothingIsThePublishedValue) {  // FIPS 180-4 example values, empty message
  EXPECT_EQ(sha256_hex(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

TEST(Xxh3, OneFlippedBitChangesIt) {
  std::string text(1000, 'a');
  const uint64_t before = xxh3_64(std::as_bytes(std::span(text)));
  text[500] ^= 1;
  EXPECT_NE(xxh3_64(std::as_bytes(std::span(text))), before);
}

TEST(Xxh3, OfNothingIsThePublishedValue) {  // xxHash, XXH3_64bits of an empty input with seed 0
  EXPECT_EQ(xxh3_64({}), 0x2d06800538d394c2ULL);
}

}  // namespace
}  // namespace rpp
