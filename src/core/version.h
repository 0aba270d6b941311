// The version and commit of this build.
#pragma once

#include <string>

namespace rpp {

// "1.0.0 (commit abc1234)"; "unknown" where the sources were not in a git checkout.
std::string version_string();
const char* version_number();  // "1.0.0"

}  // namespace rpp
