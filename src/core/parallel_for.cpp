#include "core/parallel_for.h"

#include <algorithm>
#include <exception>
#include <mutex>

#include "core/usable_cpus.h"

namespace rpp {

int default_num_threads() {
  static const int cpus = std::min(usable_cpus(), kMaxThreads);  // reads system files, so only once
  return cpus;
}

void parallel_for(int64_t count, int num_threads, const std::function<void(int64_t, int64_t)>& body) {
  if (count <= 0) return;
  if (num_threads <= 0) num_threads = default_num_threads();
  const int64_t num_ranges = std::min<int64_t>(std::min(num_threads, kMaxThreads), count);
  if (num_ranges == 1) return body(0, count);

  std::exception_ptr first_error;
  std::mutex mutex;
  const auto run_range = [&](int64_t range) {
    try {
      const auto [begin, end] = share_of(count, range, num_ranges);
      body(begin, end);
    } catch (...) {
      const std::lock_guard lock(mutex);
      if (!first_error) first_error = std::current_exception();
    }
  };
  ThreadTeam team(static_cast<int>(num_ranges));
  team.run([&](int thread) {
    for (int64_t range = thread; range < num_ranges; range += team.size()) run_range(range);
  });
  if (first_error) std::rethrow_exception(first_error);
}

}  // namespace rpp
