#include "rpp/core/error.h"

#include <gtest/gtest.h>

#include "rpp/core/version.h"

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

TEST(RunMain, GivesTheStatusOfItsBody) {
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

TEST(RunMain, WrongUsageIsStatusTwo) {
  const Outcome outcome = outcome_of([]() -> int { fail_usage("steps is {}, it must be positive", -1); });
  EXPECT_EQ(outcome.status, 2);
  EXPECT_EQ(outcome.text, "rpp-x: error: steps is -1, it must be positive\n");
}

TEST(RunMain, AnyOtherExceptionIsReportedToo) {
  EXPECT_EQ(outcome_of([]() -> int { throw std::bad_alloc(); }).status, 1);
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
