#include "train/heap.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <functional>
#include <memory>
#include <new>
#include <vector>

#include "core/peak_memory.h"
#include "core/rng.h"

namespace rpp {
namespace {

// The allocations of a training step: activations whose size differs from step to step, with copies of twice
// their size; the logits of the predicted tokens; all freed in reverse order while gradients are allocated
// and freed. Between them are small blocks that live until the step after next, and some that live for many
// steps.
class Steps {
 public:
  void run(int64_t steps) {
    for (int64_t i = 0; i < steps; ++i) {
      run_step();
      if (end_step) end_step();
    }
  }
  int64_t largest() const { return largest_; }  // bytes of activations in a step

  std::function<void()> end_step;

 private:
  struct Free {
    void operator()(char* block) const { std::free(block); }  // NOLINT(cppcoreguidelines-no-malloc)
  };
  using Block = std::unique_ptr<char, Free>;

  static Block touched(int64_t bytes) {
    constexpr int64_t kPage = 4096;
    void* memory = nullptr;
    if (posix_memalign(&memory, 64, static_cast<size_t>(bytes)) != 0) throw std::bad_alloc();
    Block block(static_cast<char*>(memory));
    for (int64_t i = 0; i < bytes; i += kPage) block.get()[i] = 1;
    return block;
  }
  int64_t below(int64_t n) { return static_cast<int64_t>(rng_.below(static_cast<uint64_t>(n))); }

  void run_step() {
    const int64_t tokens = 3000 + below(1000), rows = 40 + below(24);
    std::vector<Block> activations, small;
    int64_t bytes = 0;
    const auto add = [&](int64_t size) {
      activations.push_back(touched(size));
      bytes += size;
    };
    for (int64_t layer = 0; layer < 6; ++layer) {
      for (const int64_t width : {768, 2304, 768, 768, 3072, 3072}) {
        add(tokens * width);
        touched(tokens * width * 2);
        small.push_back(touched(below(60'000) + 1));
        add(tokens * 4);
        add(rows * 12 * 128 * 4);
      }
    }
    add(tokens * 15 / 100 * 30'522 * 2);
    largest_ = std::max(largest_, bytes);
    Block gradient;
    while (!activations.empty()) {
      gradient = touched(tokens * 768 * (1 + below(4)));
      if (lasting_.size() > 20) lasting_.erase(lasting_.begin() + below(20));
      lasting_.push_back(touched(384 * 1536 * 2 + 384 * below(7)));
      activations.pop_back();
    }
    kept_.push_back(std::move(small));
    if (kept_.size() > 2) kept_.erase(kept_.begin());
  }

  Rng rng_{7};
  std::vector<std::vector<Block>> kept_;
  std::vector<Block> lasting_;
  int64_t largest_ = 0;
};

// Resident bytes after the given number of steps, minus those at the start, relative to the largest step.
double growth(Steps& run, int64_t steps) {
  const int64_t before = resident_bytes();
  run.run(steps);
  return static_cast<double>(resident_bytes() - before) / static_cast<double>(run.largest());
}

class HeapDeathTest : public testing::Test {
 protected:
  void SetUp() override {
#ifndef RPP_JEMALLOC
    GTEST_SKIP() << "another heap";
#endif
  }
};

TEST_F(HeapDeathTest, MemoryDoesNotGrowBeyondTheLargestStep) {
  const auto stays_small = [] {
    StepHeap heap;
    Steps run;
    run.end_step = [&] { heap.end_step(); };
    return growth(run, 500) < 1.4;
  };
  EXPECT_EXIT(std::exit(stays_small() ? 0 : 1), testing::ExitedWithCode(0), "");
}

// 3, 8 or 11 of 300 steps return memory, by where the system places the heap; with a limit of 1.04 instead
// of 1.07 of the largest step 60 to 73, with 1.0 143.
TEST_F(HeapDeathTest, MostStepsReturnNoMemory) {
  const auto rarely_shrinks = [] {
    StepHeap heap;
    Steps run;
    int64_t shrunk = 0;
    run.end_step = [&] {
      const int64_t before = resident_bytes();
      heap.end_step();
      if (resident_bytes() < before - (int64_t{16} << 20)) ++shrunk;
    };
    run.run(300);
    return shrunk <= 30;
  };
  EXPECT_EXIT(std::exit(rarely_shrinks() ? 0 : 1), testing::ExitedWithCode(0), "");
}

TEST_F(HeapDeathTest, AStepIsMeasuredByItsPeakUse) {
  const auto is_counted = [] {
    StepHeap heap;
    Steps run;
    run.end_step = [&] { heap.end_step(); };
    run.run(20);
    const double ratio = static_cast<double>(heap.largest_bytes()) / static_cast<double>(run.largest());
    return ratio > 1.0 && ratio < 1.5;
  };
  EXPECT_EXIT(std::exit(is_counted() ? 0 : 1), testing::ExitedWithCode(0), "");
}

TEST_F(HeapDeathTest, FreedMemoryIsReusedUntilItIsReturned) {
  const auto stays = [] {
    Steps run;
    return growth(run, 3) > 0.5;
  };
  EXPECT_EXIT(std::exit(stays() ? 0 : 1), testing::ExitedWithCode(0), "");
  const auto goes = [] {
    const int64_t before = resident_bytes();
    Steps().run(3);
    give_back_freed_memory();
    return resident_bytes() - before < int64_t{32} << 20;
  };
  EXPECT_EXIT(std::exit(goes() ? 0 : 1), testing::ExitedWithCode(0), "");
}

}  // namespace
}  // namespace rpp
