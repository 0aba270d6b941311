// The main() of every program: exceptions become messages and exit statuses.
#pragma once

#include <functional>
#include <string_view>

namespace rpp {

// Runs the body of a program. An exception becomes one line "tool: error: ..." on stderr, and so does
// standard output that cannot be written. Returns the exit status: the body's own, 2 for UsageError, 1 for
// any other exception.
int run_main(std::string_view tool, const std::function<int()>& body);

}  // namespace rpp
