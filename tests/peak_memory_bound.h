// Tests that a call needs little memory.
#pragma once

#include <cstdint>

#include "core/peak_memory.h"

namespace rpp::test {

// By how many bytes the largest resident size of the process grew during `call`. Zero under AddressSanitizer,
// whose heap keeps freed memory: the call is made, and nothing is measured.
template <typename Call>
int64_t peak_growth(const Call& call) {
  [[maybe_unused]] const int64_t before = peak_resident_bytes();
  call();
#ifdef __SANITIZE_ADDRESS__
  return 0;
#else
  return peak_resident_bytes() - before;
#endif
}

}  // namespace rpp::test
