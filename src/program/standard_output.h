// Standard output of a program: what cannot be written ends it instead of being lost.
#pragma once

#include <string_view>

namespace rpp {

// Both throw Error with the system's reason, such as a full disk or a reader that has gone.
void write_output(std::string_view text);
void flush_output();

}  // namespace rpp
