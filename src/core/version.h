// The version and commit of this build.
#pragma once

#include <string>

namespace rpp {

// "0.1.0 (commit abc1234)"; "unknown" where the sources were not in a git checkout.
std::string version_string();

}  // namespace rpp
