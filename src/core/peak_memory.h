// How much memory the process needs, and has needed so far.
#pragma once

#include <cstdint>

namespace rpp {

// Resident size in bytes; 0 where the system does not say.
int64_t resident_bytes();

// Largest resident size in bytes, of the process or since reset_peak_resident_bytes(); 0 where the system
// does not say.
int64_t peak_resident_bytes();

// From now on the peak is of what follows; only Linux can.
void reset_peak_resident_bytes();

}  // namespace rpp
