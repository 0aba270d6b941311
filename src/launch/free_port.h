// A TCP port of this machine that nobody uses.
#pragma once

#include <cstdint>

namespace rpp {

// The system avoids giving out the same port again soon, so it is free for whoever listens on it next. Throws
// Error without one.
int64_t free_port();

}  // namespace rpp
