// Thrown for outcomes that no input may cause, distinct from rpp::Error.
#pragma once

#include <stdexcept>

namespace rpp {

inline void expect(bool condition, const char* otherwise) {
  if (!condition) throw std::logic_error(otherwise);
}

}  // namespace rpp
