// Parses lists of sizes in the JSON of a file.
#pragma once

#include <algorithm>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <vector>

namespace rpp {

// Nothing unless it is a list of non-negative integers that fit: converting others is undefined.
inline std::optional<std::vector<int64_t>> sizes_of(const nlohmann::json& values) {
  const auto is_size = [](const nlohmann::json& value) {
    return value.is_number_unsigned() && value.get<uint64_t>() <= uint64_t{INT64_MAX};
  };
  if (!values.is_array() || !std::all_of(values.begin(), values.end(), is_size)) return std::nullopt;
  return values.get<std::vector<int64_t>>();
}

}  // namespace rpp
