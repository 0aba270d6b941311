// The keys of a JSON text in order, with duplicates. Parsers silently keep one of two equal keys, and their
// callbacks search the whole object for every nested object.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace rpp {

struct JsonKey {
  int64_t object = 0;  // its object: 0 is the first to start
  std::string name;

  auto operator<=>(const JsonKey&) const = default;
};

// In the order of the text; for invalid JSON, the keys before the error.
std::vector<JsonKey> json_keys(std::string_view text);

}  // namespace rpp
