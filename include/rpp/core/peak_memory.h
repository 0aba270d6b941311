// How much memory the process has needed so far.
#pragma once

#include <cstdint>

namespace rpp {

// Largest resident size in bytes; 0 where the system does not say.
int64_t peak_resident_bytes();

}  // namespace rpp
