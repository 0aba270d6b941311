// What a measurement prints: a JSON line that says where and with what it was made, and a table of many.
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

// "bench", "version", "machine", "cores", "threads"; the caller adds what was measured.
Measurement begin_measurement(const std::string& bench, int64_t num_threads);

// For people: a row each, what all rows share above them, numbers in units that are easy to read. Details
// that only the lines have, objects among them, are left out.
std::string format_table(const std::vector<Measurement>& measurements);

// Of this process, all its threads. std::clock() counts microseconds: of a short text it sees none.
inline double cpu_seconds() {
  timespec time = {};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
}

// The shortest of `repeat` calls of work(), in seconds: what disturbs a call only makes it longer.
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
