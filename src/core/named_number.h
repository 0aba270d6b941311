// "name=number", as settings give something of its own to one of many.
#pragma once

#include <charconv>
#include <optional>
#include <string>

namespace rpp {

struct NamedNumber {
  std::string name;
  double number = 0;
};

// Split at the last '='; nothing when there is none or what follows is not a number as a whole.
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
