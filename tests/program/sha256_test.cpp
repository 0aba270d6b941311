#include "program/sha256.h"

#include <gtest/gtest.h>

namespace rpp {
namespace {

TEST(Sha256, HashingInPiecesEqualsHashingTheWhole) {
  Sha256 hash;
  hash.update("a");
  hash.update("");
  hash.update("bc");
  EXPECT_EQ(hash.hex(), sha256_hex("abc"));
}

TEST(Sha256, HashOfEmptyInputIsThePublishedValue) {  // FIPS 180-4 example values, empty message
  EXPECT_EQ(sha256_hex(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

}  // namespace
}  // namespace rpp
