// Labels work for Torch's profiler and for rpp-bench (bench/section_times.h).
#pragma once

#include <ATen/record_function.h>

#include <string_view>

namespace rpp {

// RAII: reports its scope under `name`, such as "rpp::attention"; costs one branch if nothing is recording.
class Section {
 public:
  explicit Section(const char* name) : guard_(at::RecordScope::FUNCTION) {
    if (guard_.isActive()) guard_.before(std::string_view(name));
  }

 private:
  at::RecordFunction guard_;
};

}  // namespace rpp
