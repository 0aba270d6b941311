// Where the time of a step goes: sums over what Torch's profiling hooks report.
#pragma once

#include <cstdint>
#include <map>
#include <string>

namespace rpp {

// While it lives, adds up the seconds of attention, matrix products, elementwise work, losses, embeddings
// and optimizer. Only one may live at a time; on CUDA it would see launches, not work.
class SectionTimes {
 public:
  SectionTimes();
  ~SectionTimes();
  SectionTimes(const SectionTimes&) = delete;
  SectionTimes& operator=(const SectionTimes&) = delete;

  // Sections do not overlap: what is not in the map is all else, Torch's own overhead and data.
  std::map<std::string, double> seconds() const;

 private:
  uint64_t handle_ = 0;
};

}  // namespace rpp
