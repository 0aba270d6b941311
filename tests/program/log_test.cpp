#include "program/log.h"

#include <gtest/gtest.h>

namespace rpp {
namespace {

template <typename Action>
std::string stderr_of(Action action) {
  testing::internal::CaptureStderr();
  action();
  return testing::internal::GetCapturedStderr();
}

TEST(Log, ALineHasTimeLevelAndMessage) {
  init_logging();
  const std::string line = stderr_of([] { log::info("step {}", 7); });
  EXPECT_EQ(line.substr(std::string("12:34:56").size()), " info  step 7\n");
}

TEST(Log, QuietKeepsWarningsAndErrors) {
  init_logging(true);
  EXPECT_EQ(stderr_of([] { log::info("step {}", 7); }), "");
  EXPECT_NE(stderr_of([] { log::warn("slow"); }), "");
}

}  // namespace
}  // namespace rpp
