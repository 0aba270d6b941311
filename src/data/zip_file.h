// A zip archive in memory.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace rpp {

// Made of (name, contents), compressed, in this order and without times: equal entries give equal bytes.
// Throws Error with libzip's reason.
std::string zip_of(const std::vector<std::pair<std::string, std::string>>& entries);

}  // namespace rpp
