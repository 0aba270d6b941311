#include "rpp/core/peak_memory.h"

#include <sys/resource.h>

#include <cstdlib>
#include <fstream>
#include <string>
#include <string_view>

namespace rpp {

int64_t peak_resident_bytes() {
  constexpr std::string_view kPeak = "VmHWM:";  // proc(5), in KiB; unlike getrusage's it can be reset
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with(kPeak)) return std::atoll(line.c_str() + kPeak.size()) * 1024;
  }
  rusage usage{};
  return ::getrusage(RUSAGE_SELF, &usage) == 0 ? usage.ru_maxrss * int64_t{1024} : 0;
}

void reset_peak_resident_bytes() {
  std::ofstream("/proc/self/clear_refs") << '5';
}

}  // namespace rpp
