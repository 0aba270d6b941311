#include "serve/api_keys.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "data/fake_tokenizer.h"

namespace rpp {
namespace {

TEST(ApiKeys, WithoutAFileEveryRequestIsAllowed) {
  EXPECT_TRUE(ApiKeys().allow(""));
}

TEST(ApiKeys, OneOfTheKeysOfTheFileIsNeeded) {
  const TestDir dir("api_keys");
  dir.write("keys", "# a comment\n\nfirst\r\nsecond \n");
  const ApiKeys keys(dir / "keys");
  EXPECT_TRUE(keys.allow("Bearer first"));
  EXPECT_TRUE(keys.allow("Bearer second"));
  for (const char* wrong :
       {"", "Bearer ", "Bearer firs", "Bearer first ", "first", "Basic first", "Bearer # a comment"}) {
    EXPECT_FALSE(keys.allow(wrong)) << wrong;
  }
}

TEST(ApiKeys, AFileWithoutKeysIsRefused) {
  const TestDir dir("no_api_keys");
  dir.write("keys", "# nothing\n");
  EXPECT_THAT(message_of([&] { ApiKeys keys(dir / "keys"); }),
              testing::HasSubstr("has no key: write one per line"));
  EXPECT_THAT(message_of([&] { ApiKeys keys(dir / "absent"); }),
              testing::HasSubstr("cannot open the key file"));
}

}  // namespace
}  // namespace rpp
