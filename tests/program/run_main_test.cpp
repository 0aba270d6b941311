#include "rpp/error.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdio>

#include "core/version.h"
#include "program/run_main.h"
#include "program/standard_output.h"

namespace rpp {
namespace {

struct Outcome {
  int status = 0;
  std::string text;  // on stderr
};

Outcome outcome_of(const std::function<int()>& body) {
  testing::internal::CaptureStderr();
  const int status = run_main("rpp-x", body);
  return {status, testing::internal::GetCapturedStderr()};
}

TEST(RunMain, ReturnsTheStatusOfItsBody) {
  const Outcome outcome = outcome_of([] { return 3; });
  EXPECT_EQ(outcome.status, 3);
  EXPECT_EQ(outcome.text, "");
}

TEST(RunMain, AnErrorIsOneLineAndStatusOne) {
  const Outcome outcome =
      outcome_of([]() -> int { fail("cannot open {}", std::filesystem::path("a b.txt")); });
  EXPECT_EQ(outcome.status, 1);
  EXPECT_EQ(outcome.text, "rpp-x: error: cannot open a b.txt\n");
}

TEST(RunMain, UsageErrorsGiveStatusTwo) {
  const Outcome outcome = outcome_of([]() -> int { fail_usage("steps is {}, it must be positive", -1); });
  EXPECT_EQ(outcome.status, 2);
  EXPECT_EQ(outcome.text, "rpp-x: error: steps is -1, it must be positive\n");
}

TEST(RunMain, AnyOtherExceptionIsReportedToo) {
  EXPECT_EQ(outcome_of([]() -> int { throw std::runtime_error("x"); }).text, "rpp-x: error: x\n");
  const Outcome outcome = outcome_of([]() -> int { throw std::bad_alloc(); });
  EXPECT_EQ(outcome.status, 1);
  EXPECT_EQ(outcome.text, "rpp-x: error: out of memory\n");
}

// The output of a program that prints a line to the file descriptor.
Outcome outcome_of_printing_to(int descriptor) {
  std::fflush(stdout);
  const int before = ::dup(STDOUT_FILENO);
  ::dup2(descriptor, STDOUT_FILENO);
  ::close(descriptor);
  const Outcome outcome = outcome_of([] {
    fmt::print("a line\n");
    return 0;
  });
  ::dup2(before, STDOUT_FILENO);
  ::close(before);
  return outcome;
}

TEST(RunMain, OutputToAFullDiskGivesStatusOne) {
  const Outcome outcome = outcome_of_printing_to(::open("/dev/full", O_WRONLY));
  EXPECT_EQ(outcome.status, 1);
  EXPECT_EQ(outcome.text, "rpp-x: error: cannot write to standard output: No space left on device\n");
}

TEST(RunMain, OutputToAClosedPipeGivesStatusOne) {
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  ::close(ends[0]);
  const Outcome outcome = outcome_of_printing_to(ends[1]);
  EXPECT_EQ(outcome.status, 1);
  EXPECT_EQ(
      outcome.text,
      "rpp-x: error: cannot write to standard output: Broken pipe: the program that reads it has ended\n");
}

TEST(StandardOutput, ContainsWhatWasWritten) {
  testing::internal::CaptureStdout();
  write_output("one ");
  write_output("two\n");
  flush_output();
  EXPECT_EQ(testing::internal::GetCapturedStdout(), "one two\n");
}

TEST(RppCheck, ThrowsItsMessageOnlyWhenTheConditionFails) {
  const auto check = [](int value) { RPP_CHECK(value > 0, "value is {}", value); };
  EXPECT_NO_THROW(check(1));
  EXPECT_THROW(check(0), Error);
}

TEST(Version, NamesTheCommit) {
  EXPECT_NE(version_string().find(" (commit "), std::string::npos);
}

}  // namespace
}  // namespace rpp
