#include "rpp/train/heap.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <memory>
#include <vector>

#include "rpp/core/peak_memory.h"
#include "rpp/core/rng.h"

namespace rpp {
namespace {

// The blocks of a training step: activations of a size that differs from step to step, freed in reverse while
// gradients come and go; small blocks that stay for the step after next lie between them.
class Steps {
 public:
  void run(int64_t steps) {
    for (int64_t i = 0; i < steps; ++i) run_step();
  }
  int64_t largest() const { return largest_; }  // bytes of activations in a step

 private:
  using Block = std::unique_ptr<char[]>;

  static Block touched(int64_t bytes) {
    constexpr int64_t kPage = 4096;
    Block block(new char[static_cast<size_t>(bytes)]);
    for (int64_t i = 0; i < bytes; i += kPage) block[static_cast<size_t>(i)] = 1;
    return block;
  }

  void run_step() {
    const auto tokens = 3000 + static_cast<int64_t>(rng_.below(1000));
    std::vector<Block> activations, small;
    int64_t bytes = 0;
    for (int64_t layer = 0; layer < 6; ++layer) {
      for (const int64_t width : {768, 2304, 768, 768, 3072, 3072}) {
        activations.push_back(touched(tokens * width));
        small.push_back(touched(static_cast<int64_t>(rng_.below(60'000)) + 1));
        bytes += tokens * width;
      }
    }
    largest_ = std::max(largest_, bytes);
    Block gradient;
    while (!activations.empty()) {
      gradient = touched(tokens * 768 * (1 + static_cast<int64_t>(rng_.below(4))));
      activations.pop_back();
    }
    kept_.push_back(std::move(small));
    if (kept_.size() > 2) kept_.erase(kept_.begin());
  }

  Rng rng_{7};
  std::vector<std::vector<Block>> kept_;
  int64_t largest_ = 0;
};

// Resident bytes after so many steps, beyond those at the start, as a share of the largest step's.
double growth(int64_t steps) {
  const int64_t before = resident_bytes();
  Steps run;
  run.run(steps);
  return static_cast<double>(resident_bytes() - before) / static_cast<double>(run.largest());
}

TEST(HeapDeathTest, MemoryIsThatOfTheLargestStepHoweverManyThereAre) {
#ifdef __SANITIZE_ADDRESS__
  GTEST_SKIP() << "another heap";
#endif
  EXPECT_EXIT(std::exit(growth(500) < 1.4 ? 0 : 1), testing::ExitedWithCode(0), "");
}

TEST(HeapDeathTest, FreedMemoryStaysForTheNextStepUntilItIsGivenBack) {
#ifdef __SANITIZE_ADDRESS__
  GTEST_SKIP() << "another heap";
#endif
  const auto stays = [] { return growth(3) > 0.5; };
  EXPECT_EXIT(std::exit(stays() ? 0 : 1), testing::ExitedWithCode(0), "");
  const auto goes = [] {
    const int64_t before = resident_bytes();
    growth(3);
    give_back_freed_memory();
    return resident_bytes() - before < int64_t{32} << 20;
  };
  EXPECT_EXIT(std::exit(goes() ? 0 : 1), testing::ExitedWithCode(0), "");
}

}  // namespace
}  // namespace rpp
