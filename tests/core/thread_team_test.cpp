#include "core/thread_team.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>

#include "few_threads.h"
#include "message_of.h"

namespace rpp {
namespace {

TEST(ThreadTeam, EveryThreadRunsTheTaskOnce) {
  for (const int size : {1, 2, 5}) {
    ThreadTeam team(size);
    std::vector<std::atomic<int>> calls(static_cast<size_t>(size));
    for (int round = 0; round < 3; ++round)
      team.run([&](int thread) { ++calls[static_cast<size_t>(thread)]; });
    for (const auto& count : calls) EXPECT_EQ(count, 3) << size;
  }
}

TEST(ThreadTeam, BarrierWaitsForAllThreads) {
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

TEST(ThreadTeam, SharesCoverAllWorkOnce) {
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

TEST(ThreadTeam, TheNumberOfThreadsIsBetweenOneAndAThousand) {
  for (const int size : {-1, 0, kMaxThreads + 1}) {
    EXPECT_EQ(message_of([&] { const ThreadTeam team(size); }),
              fmt::format("{} threads: ask for 1 to 1024", size));
  }
  EXPECT_EQ(ThreadTeam(1).size(), 1);
}

// Exits with 0 if every thread of a team of `size` has run the task once, three times in a row.
void use_team(ThreadTeam& team, int size) {
  if (team.size() != size) ::_exit(2);
  std::vector<std::atomic<int>> calls(static_cast<size_t>(size));
  for (int round = 0; round < 3; ++round) {
    team.run([&](int thread) {
      team.wait_for_all();
      ++calls[static_cast<size_t>(thread)];
    });
  }
  for (const auto& count : calls) {
    if (count != 3) ::_exit(3);
  }
  ::_exit(0);
}

#ifndef __SANITIZE_ADDRESS__
TEST(ThreadTeam, IsSmallerWhenThreadsCannotStart) {
  const auto use_with = [](int started) {
    allow_more_threads(started);
    ThreadTeam team(6);
    team.run([](int) {});
    use_team(team, 1 + started);
  };
  EXPECT_EXIT(use_with(0), testing::ExitedWithCode(0), "");
  EXPECT_EXIT(use_with(2), testing::ExitedWithCode(0), "");
}
#endif

TEST(ThreadTeam, WorksInAProcessThatWasForkedFromItsOwn) {
  ThreadTeam team(3);
  team.run([](int) {});
  const pid_t child = ::fork();
  if (child == 0) {
    ::alarm(20);  // a hang is a failure
    use_team(team, 3);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << status;
  std::atomic<int> calls = 0;
  team.run([&](int) { ++calls; });
  EXPECT_EQ(calls, 3);
}

TEST(ThreadTeam, StartsItsThreadsWithTheFirstRun) {
  const auto num_threads = [] {
    return std::distance(std::filesystem::directory_iterator("/proc/self/task"), {});
  };
  const auto before = num_threads();
  ThreadTeam team(3);
  EXPECT_EQ(num_threads(), before);
  team.run([](int) {});
  EXPECT_EQ(num_threads(), before + 2);
}

TEST(ThreadTeam, CanBeDestroyedUnusedInAForkedProcess) {
  auto team = std::make_unique<ThreadTeam>(3);
  team->run([](int) {});
  const pid_t child = ::fork();
  if (child == 0) {
    ::alarm(20);
    team.reset();
    ::_exit(0);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << status;
}

}  // namespace
}  // namespace rpp
