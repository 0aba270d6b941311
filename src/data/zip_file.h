// A zip archive in memory.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace rpp {

// Of (name, contents), compressed, in this order and without the time: equal entries make equal bytes. Throws
// Error with libzip's reason.
std::string zip_of(const std::vector<std::pair<std::string, std::string>>& entries);

}  // namespace rpp
