// Rate and remaining time of long work, and their formatting.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace rpp {

class Stopwatch {
 public:
  double seconds() const {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
  }
  void restart() { start_ = std::chrono::steady_clock::now(); }

 private:
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

// 75 -> "1 min 15 s", 3675 -> "1 h 1 min".
std::string format_duration(double seconds);

// 1234567 -> "1,234,567".
std::string format_count(int64_t count);

}  // namespace rpp
