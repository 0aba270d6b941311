#include "core/peak_memory.h"

#include <gtest/gtest.h>

#include <memory>

namespace rpp {
namespace {

constexpr size_t kBytes = size_t{96} << 20;  // large enough that glibc returns it to the system on free

void touch_and_free() {
  const std::unique_ptr<char[]> block(new char[kBytes]);
  for (size_t i = 0; i < kBytes; i += 1024) const_cast<volatile char&>(block[i]) = 1;
}

// A sanitizer delays the release of freed memory.
TEST(PeakMemory, IsMeasuredSinceTheLastReset) {
  const int64_t before = peak_resident_bytes();
  ASSERT_GT(before, 0);
  touch_and_free();
  const int64_t with_block = peak_resident_bytes();
  EXPECT_GE(with_block, before + static_cast<int64_t>(kBytes) / 2);
#ifndef __SANITIZE_ADDRESS__
  EXPECT_LE(resident_bytes(), with_block - static_cast<int64_t>(kBytes) / 2);  // the block has been freed
  reset_peak_resident_bytes();
  EXPECT_LE(peak_resident_bytes(), with_block - static_cast<int64_t>(kBytes) / 2);
#endif
}

}  // namespace
}  // namespace rpp
