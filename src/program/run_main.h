// The main() of every program: exceptions become messages and exit statuses.
#pragma once

#include <functional>
#include <string_view>

namespace rpp {

// Runs the body of a program. An exception, or a failed write to standard output, becomes one line "tool:
// error: ..." on stderr. Returns the exit status: the body's own, 2 for UsageError, 1 for any other
// exception.
int run_main(std::string_view tool, const std::function<int()>& body);

}  // namespace rpp
