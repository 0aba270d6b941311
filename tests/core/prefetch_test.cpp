#include "core/prefetch.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <memory>
#include <stdexcept>

namespace rpp {
namespace {

TEST(Prefetcher, ValuesArriveInOrderFromTheFirstIndex) {
  Prefetcher<int64_t> squares([](int64_t i) { return i * i; }, 3, 2);
  EXPECT_EQ(squares.next(), 9);
  EXPECT_EQ(squares.next(), 16);
  EXPECT_EQ(squares.next(), 25);
}

TEST(Prefetcher, ValuesNeedNotBeCopyable) {
  Prefetcher<std::unique_ptr<int64_t>> values([](int64_t i) { return std::make_unique<int64_t>(i); }, 0, 1);
  EXPECT_EQ(*values.next(), 0);
  EXPECT_EQ(*values.next(), 1);
}

TEST(Prefetcher, PreparesAtMostDepthValuesAhead) {
  std::atomic<int> made = 0;
  Prefetcher<int> values([&](int64_t) { return ++made; }, 0, 3);
  while (made < 3) std::this_thread::yield();
  std::this_thread::sleep_for(std::chrono::milliseconds(30));
  EXPECT_EQ(made, 3);
  values.next();
  while (made < 4) std::this_thread::yield();
}

TEST(Prefetcher, AnExceptionIsThrownAtItsIndexAndEveryLaterOne) {
  const auto make = [](int64_t i) {
    if (i == 2) throw std::runtime_error("no third value");
    return i;
  };
  Prefetcher<int64_t> values(make, 0, 8);
  EXPECT_EQ(values.next(), 0);
  EXPECT_EQ(values.next(), 1);
  EXPECT_THROW(values.next(), std::runtime_error);
  EXPECT_THROW(values.next(), std::runtime_error);
}

TEST(Prefetcher, CanBeDestroyedWithUnreadValues) {
  std::atomic<bool> running = false;
  {
    Prefetcher<int> values(
        [&](int64_t) {
          running = true;
          std::this_thread::sleep_for(std::chrono::milliseconds(5));
          running = false;
          return 0;
        },
        0, 100);
    while (!running) std::this_thread::yield();
  }
  EXPECT_FALSE(running);  // the destructor waited for the running call
}

}  // namespace
}  // namespace rpp
