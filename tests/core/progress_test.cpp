#include "core/progress.h"

#include <gtest/gtest.h>

#include <thread>

namespace rpp {
namespace {

TEST(FormatDuration, ShowsHoursFromOneHourOn) {
  EXPECT_EQ(format_duration(0), "0 s");
  EXPECT_EQ(format_duration(75), "1 min 15 s");
  EXPECT_EQ(format_duration(3675), "1 h 1 min");
  EXPECT_EQ(format_duration(100 * 3600), "100 h 0 min");
}

TEST(FormatDuration, RoundsToTheNearestSecond) {
  EXPECT_EQ(format_duration(59.4), "59 s");
  EXPECT_EQ(format_duration(59.5), "1 min 0 s");
}

TEST(FormatCount, HasACommaEveryThreeDigits) {
  EXPECT_EQ(format_count(0), "0");
  EXPECT_EQ(format_count(999), "999");
  EXPECT_EQ(format_count(1000), "1,000");
  EXPECT_EQ(format_count(1234567), "1,234,567");
  EXPECT_EQ(format_count(-999), "-999");
  EXPECT_EQ(format_count(-1234567), "-1,234,567");
}

TEST(Stopwatch, CountsFromItsLastStart) {
  Stopwatch stopwatch;
  std::this_thread::sleep_for(std::chrono::milliseconds(20));
  const double before = stopwatch.seconds();
  stopwatch.restart();
  EXPECT_GE(before, 0.02);
  EXPECT_LT(stopwatch.seconds(), before);
}

}  // namespace
}  // namespace rpp
