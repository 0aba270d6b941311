// "name=number", as in settings for single items of a list.
#pragma once

#include <charconv>
#include <optional>
#include <string>

namespace rpp {

struct NamedNumber {
  std::string name;
  double number = 0;
};

// Split at the last '='; nothing if there is none or the part after it is not a number.
inline std::optional<NamedNumber> parse_named_number(const std::string& text) {
  const auto equals = text.rfind('=');
  if (equals == std::string::npos) return std::nullopt;
  NamedNumber parsed{.name = text.substr(0, equals)};
  const char* end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data() + equals + 1, end, parsed.number);
  if (error != std::errc() || rest != end) return std::nullopt;
  return parsed;
}

}  // namespace rpp
