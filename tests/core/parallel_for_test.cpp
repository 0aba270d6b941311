#include "core/parallel_for.h"

#include <gtest/gtest.h>

#include <atomic>
#include <stdexcept>
#include <vector>

#include "few_threads.h"

namespace rpp {
namespace {

TEST(ParallelFor, VisitsEveryIndexOnceWhateverTheThreads) {
  for (const int num_threads : {0, 1, 2, 3, 16}) {
    for (const int64_t count : {1, 2, 7, 100}) {
      std::vector<std::atomic<int>> visits(static_cast<size_t>(count));
      parallel_for(count, num_threads, [&](int64_t begin, int64_t end) {
        for (int64_t i = begin; i < end; ++i) ++visits[static_cast<size_t>(i)];
      });
      for (const auto& visit : visits) EXPECT_EQ(visit, 1);
    }
  }
}

TEST(ParallelFor, NoRangeIsEmpty) {
  std::atomic<int> calls = 0;
  parallel_for(3, 8, [&](int64_t begin, int64_t end) { calls += begin < end ? 1 : 100; });
  EXPECT_EQ(calls, 3);
  parallel_for(0, 8, [&](int64_t, int64_t) { ++calls; });
  EXPECT_EQ(calls, 3);
}

TEST(ParallelFor, RethrowsAfterEveryRangeHasEnded) {
  std::atomic<int> ended = 0;
  const auto body = [&](int64_t begin, int64_t) {
    ++ended;
    if (begin % 2 == 0) throw std::runtime_error("a range failed");
  };
  EXPECT_THROW(parallel_for(4, 4, body), std::runtime_error);
  EXPECT_EQ(ended, 4);
}

#ifndef __SANITIZE_ADDRESS__
TEST(ParallelFor, RunsAllRangesIfThreadsCannotStart) {
  const auto all_done = [](int num_threads, int started) {
    allow_more_threads(started);
    std::vector<std::atomic<int>> visits(40);
    parallel_for(40, num_threads, [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i) ++visits[static_cast<size_t>(i)];
    });
    for (const auto& visit : visits) {
      if (visit != 1) _exit(1);
    }
    _exit(0);
  };
  EXPECT_EXIT(all_done(8, 0), testing::ExitedWithCode(0), "");
  EXPECT_EXIT(all_done(8, 3), testing::ExitedWithCode(0), "");
}
#endif

TEST(ParallelFor, LimitsTheNumberOfThreads) {
  std::atomic<int64_t> calls = 0;
  parallel_for(1'000'000, 1'000'000, [&](int64_t, int64_t) { ++calls; });
  EXPECT_EQ(calls, kMaxThreads);
}

TEST(ParallelFor, TheMachineHasAtLeastOneThread) {
  EXPECT_GE(default_num_threads(), 1);
}

}  // namespace
}  // namespace rpp
