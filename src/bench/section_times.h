// Where the time of a step goes, summed over the events of Torch's profiling hooks.
#pragma once

#include <cstdint>
#include <map>
#include <string>

namespace rpp {

// RAII: adds up the seconds of attention, matmuls, elementwise work, losses, embeddings and optimizer. Only
// one instance at a time; on CUDA it would measure launches, not work.
class SectionTimes {
 public:
  SectionTimes();
  ~SectionTimes();
  SectionTimes(const SectionTimes&) = delete;
  SectionTimes& operator=(const SectionTimes&) = delete;

  // Sections do not overlap; the remaining time is Torch's overhead and data.
  std::map<std::string, double> seconds() const;

 private:
  uint64_t handle_ = 0;
};

}  // namespace rpp
