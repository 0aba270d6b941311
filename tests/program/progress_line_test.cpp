#include "program/progress_line.h"

#include <gtest/gtest.h>

#include <chrono>
#include <thread>

#include "program/log.h"

namespace rpp {
namespace {

std::string logged(ProgressLine& line, int64_t done) {
  testing::internal::CaptureStderr();
  line.at(done);
  return testing::internal::GetCapturedStderr();
}

TEST(ProgressLine, ShowsProgressAndRemainingTime) {
  init_logging();
  ProgressLine line("evaluation", "windows", 872, /*every_seconds=*/0);
  const std::string text = logged(line, 64);
  EXPECT_NE(text.find("evaluation: 64 of 872 windows, about 0 s left"), std::string::npos) << text;
}

TEST(ProgressLine, WithoutATotalShowsTheCount) {
  init_logging();
  ProgressLine line("reading", "MB", 0, /*every_seconds=*/0);
  const std::string text = logged(line, 1500);
  EXPECT_NE(text.find("reading: 1,500 MB\n"), std::string::npos) << text;
}

TEST(ProgressLine, IsSilentUntilItIsDue) {
  init_logging();
  ProgressLine line("reading", "MB", 0, /*every_seconds=*/1e9);
  EXPECT_EQ(logged(line, 1), "");
}

TEST(ProgressLine, IsSilentAgainAfterEachLine) {
  init_logging();
  ProgressLine line("reading", "MB", 0, /*every_seconds=*/0.5);
  std::this_thread::sleep_for(std::chrono::milliseconds(510));
  EXPECT_NE(logged(line, 1), "");
  EXPECT_EQ(logged(line, 2), "");
}

}  // namespace
}  // namespace rpp
