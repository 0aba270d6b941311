// The output of a benchmark: a JSON line with the machine and build, or a table of several lines.
#pragma once

#include <algorithm>
#include <cstdint>
#include <ctime>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "core/progress.h"

namespace rpp {

using Measurement = nlohmann::ordered_json;

// "bench", "version", "machine", "cores", "threads"; the caller adds the measured values.
Measurement begin_measurement(const std::string& bench, int64_t num_threads);

// For people: one row per line, shared values above the table, numbers in readable units. Details such as
// nested objects are only in the JSON lines.
std::string format_table(const std::vector<Measurement>& measurements);

// CPU time of this process, all threads. std::clock() has microsecond resolution, too coarse for a short
// text.
inline double cpu_seconds() {
  timespec time = {};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
}

// The shortest of `repeat` calls of work(), in seconds: interference only makes a call longer.
template <typename Work>
double best_seconds(int64_t repeat, const Work& work) {
  double best = 0;
  for (int64_t i = 0; i < repeat; ++i) {
    const Stopwatch stopwatch;
    work();
    best = i == 0 ? stopwatch.seconds() : std::min(best, stopwatch.seconds());
  }
  return best;
}

}  // namespace rpp
