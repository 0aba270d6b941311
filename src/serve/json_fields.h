// The members of a request's JSON object, each read once; those that nobody has read are refused.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace rpp {

class JsonFields {
 public:
  // Throws RequestError 400 for invalid UTF-8, broken JSON and anything but an object.
  explicit JsonFields(std::string_view body);

  // These throw RequestError 422 for a value of another type. null is the same as an absent member.
  std::optional<std::string> text(const char* name);
  std::optional<bool> flag(const char* name);
  std::optional<int64_t> positive(const char* name);
  // A member that must be there.
  std::string required_text(const char* name);
  const nlohmann::json& required(const char* name);

  // Throws RequestError 422 that names a member which has not been read, and lists the known ones.
  void refuse_unknown() const;

 private:
  const nlohmann::json* find(const char* name);

  nlohmann::json object_;
  std::vector<std::string> known_;
};

// The type of a JSON value in a message: "a number".
std::string_view json_type(const nlohmann::json& value);

}  // namespace rpp
