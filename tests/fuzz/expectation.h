// What no input may lead to, and is no rpp::Error.
#pragma once

#include <stdexcept>

namespace rpp {

inline void expect(bool condition, const char* otherwise) {
  if (!condition) throw std::logic_error(otherwise);
}

}  // namespace rpp
