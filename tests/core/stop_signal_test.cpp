#include "rpp/core/stop_signal.h"

#include <gtest/gtest.h>

#include <csignal>

namespace rpp {
namespace {

TEST(StopSignal, IsRequestedByTermAndByInt) {
  for (const int signal : {SIGTERM, SIGINT}) {
    const StopSignal stop;
    EXPECT_FALSE(stop.requested());
    std::raise(signal);
    EXPECT_TRUE(stop.requested());
  }
}

TEST(StopSignal, ASecondSignalEndsTheProgram) {
  const auto twice = [] {
    const StopSignal stop;
    std::raise(SIGTERM);
    std::raise(SIGTERM);
  };
  EXPECT_EXIT(twice(), testing::KilledBySignal(SIGTERM), "");
}

TEST(StopSignal, AfterItsLifeASignalEndsTheProgramAtOnce) {
  const auto afterwards = [] {
    { const StopSignal stop; }
    std::raise(SIGINT);
  };
  EXPECT_EXIT(afterwards(), testing::KilledBySignal(SIGINT), "");
}

}  // namespace
}  // namespace rpp
