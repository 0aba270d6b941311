// The known name closest to a mistyped one, for error messages.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace rpp {

// Levenshtein distance between two byte strings.
int64_t edit_distance(std::string_view a, std::string_view b);

// The candidate with the smallest edit distance; empty when there is none.
std::string nearest_name(std::string_view name, std::span<const std::string> candidates);

}  // namespace rpp
