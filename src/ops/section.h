// Names work for Torch's profiler and for rpp-bench (bench/section_times.h).
#pragma once

#include <ATen/record_function.h>

#include <string_view>

namespace rpp {

// Reports the scope it lives in under `name`, "rpp::attention"; costs a branch where nobody listens.
class Section {
 public:
  explicit Section(const char* name) : guard_(at::RecordScope::FUNCTION) {
    if (guard_.isActive()) guard_.before(std::string_view(name));
  }

 private:
  at::RecordFunction guard_;
};

}  // namespace rpp
