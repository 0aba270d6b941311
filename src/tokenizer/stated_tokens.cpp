#include "stated_tokens.h"

#include <optional>

#include "core/json.h"
#include "rpp/error.h"

namespace rpp {
namespace {

using nlohmann::json;

std::optional<bool> option(const json& token, const char* key, const std::filesystem::path& file) {
  const json value = token.value(key, json());
  if (value.is_null()) return std::nullopt;
  RPP_CHECK(value.is_boolean(), "{}: {} of an added token must be true or false, not {}", file, key,
            value.dump());
  return value.get<bool>();
}

}  // namespace

StatedToken stated_token(const json& token, const std::filesystem::path& file) {
  if (token.is_string()) return {.content = token.get<std::string>(), .special = true, .file = file.string()};
  const json content = token.is_object() ? token.value("content", json()) : json();
  RPP_CHECK(content.is_string(), "{}: an added token is {}, it must be a text, or an object with a content",
            file, token.dump());
  return {.content = content.get<std::string>(),
          .single_word = option(token, "single_word", file).value_or(false),
          .lstrip = option(token, "lstrip", file).value_or(false),
          .rstrip = option(token, "rstrip", file).value_or(false),
          .normalized = option(token, "normalized", file),
          .special = option(token, "special", file).value_or(false),
          .file = file.string()};
}

}  // namespace rpp
