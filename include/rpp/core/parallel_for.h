// A loop over [0, count) cut into contiguous ranges for a few threads.
//
// For the modules without Torch; those with Torch share its pool through at::parallel_for.
#pragma once

#include <cstdint>
#include <functional>

namespace rpp {

// body(begin, end) is called once per range. num_threads <= 0 means the machine's cores. The first exception
// of any range is rethrown after all have ended.
void parallel_for(int64_t count, int num_threads,
                  const std::function<void(int64_t begin, int64_t end)>& body);

int default_num_threads();

}  // namespace rpp
