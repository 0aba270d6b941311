// A loop over [0, count) split into contiguous ranges for a few threads.
//
// For modules without Torch; those with Torch use its pool through at::parallel_for.
#pragma once

#include <cstdint>
#include <functional>

namespace rpp {

// The limit on threads: each needs a stack, and no machine is faster with more.
inline constexpr int kMaxThreads = 1024;

// body(begin, end) is called once per range. num_threads <= 0 means default_num_threads(). If the system
// starts fewer threads, the caller runs their ranges too. The first exception of any range is rethrown after
// all have ended.
void parallel_for(int64_t count, int num_threads,
                  const std::function<void(int64_t begin, int64_t end)>& body);

// The number of CPUs this process may use: usable_cpus() at the first call.
int default_num_threads();

}  // namespace rpp
