#include "serve/json_fields.h"

#include <fmt/ranges.h>

#include <algorithm>

#include "core/json.h"
#include "core/nearest.h"
#include "serve/request_error.h"
#include "tokenizer/unicode.h"

namespace rpp {
namespace {

constexpr size_t kShownBytes = 200;

nlohmann::json parse_body(std::string_view body) {
  const size_t invalid = find_invalid_utf8(body);
  if (invalid != body.size()) refuse(400, "the body is not valid UTF-8 at byte {}", invalid);
  try {
    return parse_json_object(body, "the body");
  } catch (const Error& error) {
    const std::string why = error.what();  // may quote a string of any length
    refuse(400, "{}{}", why.substr(0, kShownBytes), why.size() > kShownBytes ? "..." : "");
  }
}

}  // namespace

JsonFields::JsonFields(std::string_view body) : object_(parse_body(body)) {}

const nlohmann::json* JsonFields::find(const char* name) {
  known_.emplace_back(name);
  const auto place = object_.find(name);
  return place == object_.end() || place->is_null() ? nullptr : &*place;
}

std::optional<std::string> JsonFields::text(const char* name) {
  const nlohmann::json* value = find(name);
  if (value == nullptr) return std::nullopt;
  if (!value->is_string()) refuse(422, "`{}` must be a string, it is {}", name, json_type(*value));
  return value->get<std::string>();
}

std::optional<bool> JsonFields::flag(const char* name) {
  const nlohmann::json* value = find(name);
  if (value == nullptr) return std::nullopt;
  if (!value->is_boolean()) refuse(422, "`{}` must be true or false, it is {}", name, json_type(*value));
  return value->get<bool>();
}

std::optional<int64_t> JsonFields::positive(const char* name) {
  const nlohmann::json* value = find(name);
  if (value == nullptr) return std::nullopt;
  // Larger integers are unsigned in nlohmann::json, which would wrap around.
  const bool fits = value->is_number_integer() && value->get<double>() < 1e15 && value->get<int64_t>() > 0;
  if (!fits) refuse(422, "`{}` must be a positive integer", name);
  return value->get<int64_t>();
}

const nlohmann::json& JsonFields::required(const char* name) {
  const nlohmann::json* value = find(name);
  if (value == nullptr) refuse(422, "`{}` is missing", name);
  return *value;
}

std::string JsonFields::required_text(const char* name) {
  const auto value = text(name);
  if (!value) refuse(422, "`{}` is missing", name);
  return *value;
}

void JsonFields::refuse_unknown() const {
  for (const auto& member : object_.items()) {
    if (std::ranges::find(known_, member.key()) != known_.end()) continue;
    const std::string name = member.key().substr(0, kShownBytes);
    refuse(422, "`{}` is not known here{}; known: {}", name, did_you_mean(name, known_),
           fmt::join(known_, ", "));
  }
}

std::string_view json_type(const nlohmann::json& value) {
  if (value.is_number()) return "a number";
  if (value.is_string()) return "a string";
  if (value.is_boolean()) return "a boolean";
  if (value.is_array()) return "a list";
  if (value.is_object()) return "an object";
  return "null";
}

}  // namespace rpp
