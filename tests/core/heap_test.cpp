#include "rpp/core/heap.h"

#include <gtest/gtest.h>

#include <cstring>
#include <fstream>
#include <memory>

namespace rpp {
namespace {

constexpr int64_t kBytes = int64_t{96} << 20;

int64_t resident_bytes() {
  std::ifstream file("/proc/self/statm");  // proc(5): pages, all and resident
  int64_t all = 0, resident = 0;
  file >> all >> resident;
  return resident * 4096;
}

// What is resident after a block of kBytes was used and freed, beyond what was before.
int64_t left_by_a_block() {
  const int64_t before = resident_bytes();
  {
    const std::unique_ptr<char[]> block(new char[kBytes]);
    std::memset(block.get(), 1, kBytes);
    if (resident_bytes() < before + kBytes / 2) return -1;  // also keeps the block from being optimised away
  }
  return resident_bytes() - before;
}

// In processes of their own, since it holds to their end.
TEST(HeapDeathTest, FreedMemoryStaysUntilItIsGivenBack) {
#ifdef __SANITIZE_ADDRESS__
  GTEST_SKIP() << "another heap";
#endif
  EXPECT_EXIT(std::exit(left_by_a_block() < kBytes / 2 ? 0 : 1), testing::ExitedWithCode(0), "");
  EXPECT_EXIT((keep_freed_memory(), std::exit(left_by_a_block() > kBytes / 2 ? 0 : 1)),
              testing::ExitedWithCode(0), "");
  EXPECT_EXIT((keep_freed_memory(), left_by_a_block(), give_back_freed_memory(),
               std::exit(resident_bytes() < kBytes / 2 ? 0 : 1)),
              testing::ExitedWithCode(0), "");
}

}  // namespace
}  // namespace rpp
