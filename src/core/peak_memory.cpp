#include "rpp/core/peak_memory.h"

#include <sys/resource.h>

namespace rpp {

int64_t peak_resident_bytes() {
  rusage usage{};
  return ::getrusage(RUSAGE_SELF, &usage) == 0 ? usage.ru_maxrss * int64_t{1024} : 0;
}

}  // namespace rpp
