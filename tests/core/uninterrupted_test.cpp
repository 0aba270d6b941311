#include "core/uninterrupted.h"

#include <gtest/gtest.h>

namespace rpp {
namespace {

TEST(Uninterrupted, ACallThatASignalEndedIsRepeated) {
  int calls = 0;
  const ssize_t result = uninterrupted([&]() -> ssize_t {
    errno = EINTR;
    return ++calls < 3 ? -1 : 7;
  });
  EXPECT_EQ(result, 7);
  EXPECT_EQ(calls, 3);
}

TEST(Uninterrupted, AnotherErrorIsNotRepeated) {
  int calls = 0;
  const ssize_t result = uninterrupted([&]() -> ssize_t {
    ++calls;
    errno = EIO;
    return -1;
  });
  EXPECT_EQ(result, -1);
  EXPECT_EQ(errno, EIO);
  EXPECT_EQ(calls, 1);
}

TEST(Uninterrupted, TheEndOfAFileIsNotRepeated) {
  errno = EINTR;  // of an earlier call
  EXPECT_EQ(uninterrupted([]() -> ssize_t { return 0; }), 0);
}

}  // namespace
}  // namespace rpp
