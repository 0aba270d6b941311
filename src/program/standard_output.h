// Standard output of a program: a failed write ends the program instead of losing output.
#pragma once

#include <string_view>

namespace rpp {

// Both throw Error with the system's reason, such as a full disk or a closed pipe.
void write_output(std::string_view text);
void flush_output();

}  // namespace rpp
