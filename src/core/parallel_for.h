// A loop over [0, count) split into contiguous ranges, which the threads of a new team run.
//
// For modules without Torch; those with Torch use its pool through at::parallel_for.
#pragma once

#include <cstdint>
#include <functional>

#include "core/thread_team.h"

namespace rpp {

// body(begin, end) is called once per range. num_threads <= 0 means default_num_threads(). There is a range
// for each thread, at most kMaxThreads and at most `count`. If the system starts fewer threads, each
// runs several ranges. The first exception of any range is rethrown after all have ended.
void parallel_for(int64_t count, int num_threads,
                  const std::function<void(int64_t begin, int64_t end)>& body);

// The number of CPUs this process may use: usable_cpus() at the first call.
int default_num_threads();

}  // namespace rpp
