// A log line every ten seconds during long work, so that no program is silent.
#pragma once

#include <cstdint>
#include <string>

#include "core/progress.h"

namespace rpp {

class ProgressLine {
 public:
  // "evaluation: 64 of 872 windows, about 42 s left"; total 0: unknown, "reading: 64 MB".
  ProgressLine(std::string what, std::string unit, int64_t total, double every_seconds = 10);

  // Call with the amount done so far. Logs if the last line, or the start, is long enough ago.
  void at(int64_t done);

 private:
  std::string what_, unit_;
  int64_t total_;
  double every_seconds_;
  Stopwatch since_start_, since_line_;
};

}  // namespace rpp
