#include "rpp/train/heap.h"

#include <gtest/gtest.h>

#include <cstring>
#include <memory>
#include <vector>

#include "rpp/core/peak_memory.h"
#include "rpp/core/rng.h"

namespace rpp {
namespace {

constexpr int64_t kMiB = int64_t{1} << 20;

// The blocks of a training step: a few small ones that stay for the step after next lie between large ones of
// a size that differs from step to step.
class Steps {
 public:
  void run(int64_t steps) {
    for (int64_t i = 0; i < steps; ++i) run_step();
  }

 private:
  using Block = std::unique_ptr<char[]>;

  static Block touched(int64_t bytes) {
    Block block(new char[static_cast<size_t>(bytes)]);
    std::memset(block.get(), 1, static_cast<size_t>(bytes));
    return block;
  }

  void run_step() {
    const auto tokens = 800 + static_cast<int64_t>(rng_.below(200));
    std::vector<Block> activations, small;
    for (const int64_t width : {1, 3, 1, 4, 4, 1, 2, 7}) {
      for (int64_t layer = 0; layer < 3; ++layer) {
        activations.push_back(touched(tokens * width * 1024));
        small.push_back(touched(static_cast<int64_t>(rng_.below(60'000)) + 1));
      }
    }
    kept_.push_back(std::move(small));
    if (kept_.size() > 2) kept_.erase(kept_.begin());
  }

  Rng rng_{7};
  std::vector<std::vector<Block>> kept_;
};

// Resident bytes after so many steps, beyond those at the start.
int64_t growth(int64_t steps) {
  const int64_t before = resident_bytes();
  Steps run;
  run.run(steps);
  return resident_bytes() - before;
}

TEST(HeapDeathTest, MemoryIsThatOfTheLargestStepHoweverManyThereAre) {
#ifdef __SANITIZE_ADDRESS__
  GTEST_SKIP() << "another heap";
#endif
  const int64_t largest = 1000 * 1024 * 3 * (1 + 3 + 1 + 4 + 4 + 1 + 2 + 7) + 3 * kMiB;
  const auto is_flat = [&] { return growth(1000) < largest * 5 / 4; };
  EXPECT_EXIT(std::exit(is_flat() ? 0 : 1), testing::ExitedWithCode(0), "");
}

TEST(HeapDeathTest, FreedMemoryStaysForTheNextStepUntilItIsGivenBack) {
#ifdef __SANITIZE_ADDRESS__
  GTEST_SKIP() << "another heap";
#endif
  const auto stays = [] { return growth(3) > 40 * kMiB; };
  EXPECT_EXIT(std::exit(stays() ? 0 : 1), testing::ExitedWithCode(0), "");
  const auto goes = [] {
    const int64_t before = resident_bytes();
    growth(3);
    give_back_freed_memory();
    return resident_bytes() - before < 8 * kMiB;
  };
  EXPECT_EXIT(std::exit(goes() ? 0 : 1), testing::ExitedWithCode(0), "");
}

}  // namespace
}  // namespace rpp
