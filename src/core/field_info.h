// A field of a configuration struct: its key, explanation and allowed values. Structs list their fields in
// visit_fields(struct, visitor); one list serves reading, writing and messages.
#pragma once

#include <cmath>
#include <concepts>
#include <initializer_list>
#include <limits>
#include <string>
#include <string_view>
#include <type_traits>

namespace rpp {

// The valid range of a number; `open_*` excludes the bound itself.
struct Range {
  double min = -std::numeric_limits<double>::infinity();
  double max = std::numeric_limits<double>::infinity();
  bool open_min = false;
  bool open_max = false;
};

constexpr Range at_least(double min) {
  return {.min = min};
}
constexpr Range more_than(double min) {
  return {.min = min, .open_min = true};
}
constexpr Range between(double min, double max) {
  return {.min = min, .max = max};
}
constexpr Range from_below(double min, double max) {
  return {.min = min, .max = max, .open_max = true};
}

struct FieldInfo {
  std::string_view key;
  std::string_view help;
  Range range = {};                                      // for numbers
  std::initializer_list<std::string_view> choices = {};  // for strings; empty: any text
};

// For const and non-const structs, so that one list serves reading and writing.
template <typename T, typename Config>
concept ConfigOf = std::same_as<std::remove_const_t<T>, Config>;

// "at least 1", "between 0 and 1", ...; empty when the value is in range.
std::string range_complaint(const FieldInfo& info, double value);
// "dense, rpp, nip or fixed"; empty when the value is one of the choices or any text is allowed.
std::string choice_complaint(const FieldInfo& info, const std::string& value);

// A string or number as shown in messages.
std::string shown(double value);

}  // namespace rpp
