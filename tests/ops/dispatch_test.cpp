#include "dispatch.h"

#include <gtest/gtest.h>

#include <mutex>
#include <set>
#include <thread>

#include "compare.h"

namespace rpp {
namespace {

TEST(RunSplit, EveryThreadOfTorchTakesAPart) {
  const auto [one, two] = with_one_and_two_threads([] {
    std::mutex mutex;
    std::set<std::thread::id> threads;
    run_split(
        torch::empty({0}), 2, 1,
        [&](int64_t, int64_t) {
          const std::lock_guard lock(mutex);
          threads.insert(std::this_thread::get_id());
        },
        [](auto) { return 0; });
    return threads.size();
  });
  EXPECT_EQ(one, 1);
  EXPECT_EQ(two, 2);
}

}  // namespace
}  // namespace rpp
