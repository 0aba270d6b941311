#include "core/stop_signal.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>

#include "core/atomic_file.h"
#include "program/run_main.h"
#include "rpp/error.h"

namespace rpp {
namespace {

TEST(StopSignal, IsRequestedBySigtermAndSigint) {
  for (const int signal : {SIGTERM, SIGINT}) {
    const StopSignal stop;
    EXPECT_FALSE(stop.requested());
    std::raise(signal);
    EXPECT_TRUE(stop.requested());
  }
}

TEST(StopSignal, ALaterSecondSignalEndsTheProgramAndReportsThatNothingWasSaved) {
  const auto twice = [] {
    const StopSignal stop({.same_signal_ms = 0});
    std::raise(SIGTERM);
    std::raise(SIGTERM);
  };
  EXPECT_EXIT(twice(), testing::KilledBySignal(SIGTERM), "stopped without saving: second signal");
}

TEST(StopSignal, ASecondSignalRightAfterTheFirstIsIgnored) {
  const StopSignal stop({.same_signal_ms = 1000000});
  std::raise(SIGINT);
  std::raise(SIGTERM);
  EXPECT_TRUE(stop.requested());
}

TEST(StopSignal, AfterItsDestructionASignalEndsTheProgramAtOnce) {
  const auto afterwards = [] {
    std::signal(SIGINT, SIG_DFL);  // shells ignore it for background processes
    { const StopSignal stop; }
    std::raise(SIGINT);
  };
  EXPECT_EXIT(afterwards(), testing::KilledBySignal(SIGINT), "");
}

TEST(StopSignal, ReportsAtOnceWhatItWaitsFor) {
  testing::internal::CaptureStderr();
  const StopSignal stop({.notice = "finishing the step\n"});
  std::raise(SIGTERM);
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "finishing the step\n");
}

TEST(CheckStop, ThrowsOnlyInInterruptibleScopes) {
  const StopSignal stop;
  std::raise(SIGTERM);
  EXPECT_NO_THROW(check_stop());
  const Interruptible evaluation;
  EXPECT_THROW(check_stop(), Stopped);
}

TEST(CheckStop, ARequestIsClearedWithItsStopSignal) {
  {
    const StopSignal stop;
    std::raise(SIGTERM);
  }
  const Interruptible evaluation;
  EXPECT_NO_THROW(check_stop());
}

TEST(CheckStop, WithoutASignalNothingIsThrown) {
  const StopSignal stop;
  const Interruptible evaluation;
  EXPECT_NO_THROW(check_stop());
}

int wait_after(int signal) {
  std::raise(signal);
  while (true) pause();
}

TEST(RunMain, ASignalInterruptsItsBody) {
  for (const int signal : {SIGTERM, SIGINT}) {
    EXPECT_EXIT(run_main("rpp-x", [=] { return wait_after(signal); }),
                testing::ExitedWithCode(kStoppedStatus), "rpp-x: stopped by a signal before the end");
  }
}

TEST(RunMain, ASignalLeavesNoPartialFiles) {
  const auto dir = std::filesystem::path(testing::TempDir()) / "half_written";
  std::filesystem::create_directories(dir);
  const auto body = [&] {
    AtomicFile file(dir / "file");
    file.write("half");
    write_directory_atomically(dir / "folder", [&](const auto& temporary) {
      write_file_atomically(temporary / "part", "whole");
      wait_after(SIGTERM);
    });
    return 0;
  };
  EXPECT_EXIT(run_main("rpp-x", body), testing::ExitedWithCode(kStoppedStatus), "");
  EXPECT_TRUE(std::filesystem::is_empty(dir));
  std::filesystem::remove_all(dir);
}

TEST(RunMain, InterruptedWorkReturnsTheStopStatus) {
  EXPECT_EQ(run_main("rpp-x", []() -> int { throw Stopped(); }), kStoppedStatus);
}

}  // namespace
}  // namespace rpp
