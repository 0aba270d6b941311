#include "thread_team.h"

#include <gtest/gtest.h>

#include <atomic>

namespace rpp {
namespace {

TEST(ThreadTeam, EveryThreadDoesTheTaskOnce) {
  for (const int size : {1, 2, 5}) {
    ThreadTeam team(size);
    std::vector<std::atomic<int>> calls(static_cast<size_t>(size));
    for (int round = 0; round < 3; ++round)
      team.run([&](int thread) { ++calls[static_cast<size_t>(thread)]; });
    for (const auto& count : calls) EXPECT_EQ(count, 3) << size;
  }
}

TEST(ThreadTeam, NobodyGoesOnBeforeAllAreThere) {
  ThreadTeam team(4);
  std::atomic<int> arrived = 0;
  std::atomic<bool> early = false;
  team.run([&](int) {
    ++arrived;
    team.wait_for_all();
    if (arrived != 4) early = true;
  });
  EXPECT_FALSE(early);
}

TEST(ThreadTeam, SharesCoverEverythingOnce) {
  const ThreadTeam team(3);
  for (const int64_t count : {0, 1, 2, 3, 7, 100}) {
    int64_t next = 0;
    for (int thread = 0; thread < 3; ++thread) {
      const auto [begin, end] = team.share(count, thread);
      EXPECT_EQ(begin, next);
      next = end;
    }
    EXPECT_EQ(next, count);
  }
}

}  // namespace
}  // namespace rpp
