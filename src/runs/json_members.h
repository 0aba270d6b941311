// Typed access to members of a JSON object written by a run, or an Error that names file and member.
#pragma once

#include <concepts>
#include <filesystem>
#include <limits>
#include <map>
#include <nlohmann/json.hpp>
#include <string>

#include "rpp/error.h"

namespace rpp {

template <typename Json>
bool has_format(const Json& json, const char* format) {
  return json.is_object() && json.contains("format") && json["format"] == format;
}

template <typename T, typename Json>
bool is_json_of(const Json& value) {
  if constexpr (std::same_as<T, bool>) {
    return value.is_boolean();
  } else if constexpr (std::integral<T>) {
    return value.is_number_integer();
  } else if constexpr (std::floating_point<T>) {
    return value.is_number();
  } else {
    return value.is_string();
  }
}

template <typename T, typename Json>
T json_member(const Json& object, const char* name, const std::filesystem::path& file) {
  const auto found = object.find(name);
  RPP_CHECK(found != object.end(), "{} is damaged: '{}' is missing", file, name);
  RPP_CHECK(is_json_of<T>(*found), "{} is damaged: '{}' is {}", file, name, found->dump());
  return found->template get<T>();
}

// Strings or numbers by name; null stands for a non-finite number. Empty if the member is missing.
template <typename T, typename Json>
std::map<std::string, T> json_map(const Json& object, const char* name, const std::filesystem::path& file) {
  std::map<std::string, T> values;
  const auto found = object.find(name);
  if (found == object.end()) return values;
  RPP_CHECK(found->is_object(), "{} is damaged: '{}' is {}", file, name, found->dump());
  for (const auto& [key, value] : found->items()) {
    if constexpr (std::floating_point<T>) {
      if (value.is_null()) values[key] = std::numeric_limits<T>::quiet_NaN();
      if (value.is_null()) continue;
    }
    RPP_CHECK(is_json_of<T>(value), "{} is damaged: '{}' of '{}' is {}", file, key, name, value.dump());
    values[key] = value.template get<T>();
  }
  return values;
}

}  // namespace rpp
