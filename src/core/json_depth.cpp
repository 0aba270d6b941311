#include "rpp/core/json_depth.h"

#include <algorithm>

#include "rpp/core/error.h"

namespace rpp {
namespace {

// Behind the string that begins before `at`.
size_t skip_string(std::string_view text, size_t at) {
  while (at < text.size() && text[at] != '"') at += text[at] == '\\' ? 2 : 1;
  return at + 1;
}

int json_depth(std::string_view text) {
  int depth = 0, deepest = 0;
  for (size_t at = 0; (at = text.find_first_of("[]{}\"", at)) < text.size();) {
    const char found = text[at++];
    if (found == '"') at = skip_string(text, at);
    if (found == '[' || found == '{') deepest = std::max(deepest, ++depth);
    if (found == ']' || found == '}') --depth;
  }
  return deepest;
}

}  // namespace

void check_json_depth(std::string_view text, std::string_view where) {
  const int depth = json_depth(text);
  RPP_CHECK(depth <= kMaxJsonDepth, "{}: JSON of {} levels, at most {} are read", where, depth,
            kMaxJsonDepth);
}

}  // namespace rpp
