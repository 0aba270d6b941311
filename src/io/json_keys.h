// The keys of a JSON text as they stand there. Parsers keep one of two equal keys in silence, and their
// callbacks look through the whole object for every object in it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace rpp {

struct JsonKey {
  int64_t object = 0;  // which holds it: 0 is the first to begin
  std::string name;

  auto operator<=>(const JsonKey&) const = default;
};

// In the order of the text; those before the fault of a text that is no JSON.
std::vector<JsonKey> json_keys(std::string_view text);

}  // namespace rpp
