#include "train/heap.h"

#include <algorithm>

#ifdef RPP_JEMALLOC
#include <jemalloc/jemalloc.h>

// Read by jemalloc at process start (jemalloc(3), TUNING). One arena: a step's blocks are freed by another
// thread than allocated them. Freed pages are kept: even with a decay of ten seconds most of a step's memory
// went back to the system at its end. Huge pages cause fewer faults. Blocks of many megabytes are treated
// like all others (oversize_threshold), not returned at once.
extern "C" {
const char* malloc_conf = "narenas:1,oversize_threshold:0,dirty_decay_ms:-1,muzzy_decay_ms:0,thp:always";
}
#endif

namespace rpp {

#ifdef RPP_JEMALLOC
namespace {

constexpr double kLargestExcess = 1.07;  // resident bytes per byte of the largest step

// A statistic of jemalloc(3), MALLCTL NAMESPACE; 0 if this version lacks it.
template <typename T>
int64_t heap_figure(const char* name) {
  T value = 0;
  size_t size = sizeof(value);
  return mallctl(name, &value, &size, nullptr, 0) == 0 ? static_cast<int64_t>(value) : 0;
}

int64_t bytes_in_use() {
  uint64_t epoch = 1;  // statistics are updated when this is written
  mallctl("epoch", nullptr, nullptr, &epoch, sizeof(epoch));
  return heap_figure<size_t>("stats.allocated");
}

}  // namespace

void give_back_freed_memory() {
  // Of all arenas; the index is a constant in jemalloc's headers, used in the name.
  static_assert(MALLCTL_ARENAS_ALL == 4096);
  mallctl("arena.4096.purge", nullptr, nullptr, nullptr, 0);
}

StepHeap::StepHeap() : start_(bytes_in_use()) {
  mallctl("thread.peak.reset", nullptr, nullptr, nullptr, 0);
}

void StepHeap::end_step() {
  const int64_t grown = heap_figure<uint64_t>("thread.peak.read");  // peak since the start of the step
  mallctl("thread.peak.reset", nullptr, nullptr, nullptr, 0);
  largest_ = std::max(largest_, start_ + grown);
  start_ = bytes_in_use();
  const auto resident = static_cast<double>(heap_figure<size_t>("stats.resident"));
  if (grown > 0 && resident > kLargestExcess * static_cast<double>(largest_)) give_back_freed_memory();
}
#else
void give_back_freed_memory() {}
StepHeap::StepHeap() = default;
void StepHeap::end_step() {}
#endif

}  // namespace rpp
