// A look at JSON before it is parsed: what holds it, copies and prints it level by level, on the stack.
#pragma once

#include <string_view>

namespace rpp {

// No file that is read here has more than a handful of levels.
inline constexpr int kMaxJsonDepth = 64;

// Throws Error with `where` in front when lists and objects lie in each other deeper than that. Says nothing
// of a text that is no JSON.
void check_json_depth(std::string_view text, std::string_view where);

}  // namespace rpp
