// Current and peak memory of the process.
#pragma once

#include <cstdint>

namespace rpp {

// Resident size in bytes; 0 if the system does not report it.
int64_t resident_bytes();

// Largest resident size in bytes, of the process or since reset_peak_resident_bytes(); 0 if the system does
// not report it.
int64_t peak_resident_bytes();

// Restarts the measurement of the peak; only Linux supports it.
void reset_peak_resident_bytes();

}  // namespace rpp
