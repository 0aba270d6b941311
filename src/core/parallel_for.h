// A loop over [0, count) cut into contiguous ranges for a few threads.
//
// For the modules without Torch; those with Torch share its pool through at::parallel_for.
#pragma once

#include <cstdint>
#include <functional>

namespace rpp {

// More are never started, whatever is asked for: a stack each, and no machine is faster with them.
inline constexpr int kMaxThreads = 1024;

// body(begin, end) is called once per range. num_threads <= 0 means default_num_threads(). Where the system
// starts fewer threads, the caller's does their ranges too. The first exception of any range is rethrown
// after all have ended.
void parallel_for(int64_t count, int num_threads,
                  const std::function<void(int64_t begin, int64_t end)>& body);

// What the process may use: usable_cpus(), as it was at the first call.
int default_num_threads();

}  // namespace rpp
