#include "rpp/core/parallel_for.h"

#include <algorithm>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

namespace rpp {

int default_num_threads() {
  return std::max(1U, std::thread::hardware_concurrency());
}

void parallel_for(int64_t count, int num_threads, const std::function<void(int64_t, int64_t)>& body) {
  if (count <= 0) return;
  if (num_threads <= 0) num_threads = default_num_threads();
  const int64_t num_ranges = std::min<int64_t>(num_threads, count);
  if (num_ranges == 1) return body(0, count);

  std::exception_ptr first_error;
  std::mutex mutex;
  const auto run = [&](int64_t range) {
    try {
      body(count * range / num_ranges, count * (range + 1) / num_ranges);
    } catch (...) {
      const std::lock_guard lock(mutex);
      if (!first_error) first_error = std::current_exception();
    }
  };
  {
    std::vector<std::jthread> threads;
    for (int64_t range = 1; range < num_ranges; ++range) threads.emplace_back(run, range);
    run(0);
  }
  if (first_error) std::rethrow_exception(first_error);
}

}  // namespace rpp
