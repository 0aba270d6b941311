#include "core/peak_memory.h"

#include <sys/resource.h>

#include <cstdlib>
#include <fstream>
#include <string>
#include <string_view>

namespace rpp {

namespace {

// A size from proc(5)'s status in bytes; 0 if absent.
int64_t status_bytes(std::string_view name) {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with(name)) return std::atoll(line.c_str() + name.size()) * 1024;
  }
  return 0;
}

}  // namespace

int64_t resident_bytes() {
  return status_bytes("VmRSS:");
}

int64_t peak_resident_bytes() {
  const int64_t peak = status_bytes("VmHWM:");  // unlike getrusage's value it can be reset
  if (peak > 0) return peak;
  rusage usage{};
  return ::getrusage(RUSAGE_SELF, &usage) == 0 ? usage.ru_maxrss * int64_t{1024} : 0;
}

void reset_peak_resident_bytes() {
  std::ofstream("/proc/self/clear_refs") << '5';
}

}  // namespace rpp
