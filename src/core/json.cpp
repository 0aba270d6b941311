#include "core/json.h"

#include <algorithm>
#include <string>

#include "rpp/error.h"

namespace rpp {
namespace {

constexpr size_t kShownBytes = 60;

// The position after the string that starts before `at`.
size_t skip_string(std::string_view text, size_t at) {
  while (at < text.size() && text[at] != '"') at += text[at] == '\\' ? 2 : 1;
  return at + 1;
}

int json_depth(std::string_view text) {
  int depth = 0, deepest = 0;
  for (size_t at = 0; (at = text.find_first_of("[]{}\"", at)) < text.size();) {
    const char found = text[at++];
    if (found == '"') at = skip_string(text, at);
    if (found == '[' || found == '{') deepest = std::max(deepest, ++depth);
    if (found == ']' || found == '}') --depth;
  }
  return deepest;
}

std::string ending(std::string_view advice) {
  return advice.empty() ? "" : fmt::format("; {}", advice);
}

// "config.json:3: broken JSON at byte 7 of the line"; for a text of one line only the byte.
std::string place_of(std::string_view text, size_t offset, std::string_view where) {
  if (text.find('\n') == std::string_view::npos) {
    return fmt::format("{}: broken JSON at byte {}", where, offset + 1);
  }
  const std::string_view before = text.substr(0, offset);
  const size_t line_begin = before.rfind('\n') + 1;  // npos + 1 is 0
  return fmt::format("{}:{}: broken JSON at byte {} of the line", where,
                     1 + std::count(before.begin(), before.end(), '\n'), offset - line_begin + 1);
}

// Strips nlohmann's own line and column from its message.
std::string_view reason_of(std::string_view what) {
  const size_t column = what.find("column");
  const size_t colon = column == std::string_view::npos ? what.find("] ") : what.find(": ", column);
  return colon == std::string_view::npos ? what : what.substr(colon + 2);
}

}  // namespace

template <typename Json>
Json parse_json(std::string_view text, std::string_view where, std::string_view advice) {
  const int depth = json_depth(text);
  RPP_CHECK(depth <= kMaxJsonDepth, "{}: JSON of {} levels, at most {} are read{}", where, depth,
            kMaxJsonDepth, ending(advice));
  RPP_CHECK(!text.empty(), "{} is empty, expected JSON{}", where, ending(advice));
  try {
    return Json::parse(text);
  } catch (const typename Json::parse_error& error) {
    const size_t offset = std::min(std::max<size_t>(error.byte, 1), text.size()) - 1;
    fail("{}: {}{}", place_of(text, offset, where), reason_of(error.what()), ending(advice));
  } catch (const typename Json::exception& error) {  // a number out of a double's range
    fail("{}: broken JSON: {}{}", where, reason_of(error.what()), ending(advice));
  }
}

template <typename Json>
Json parse_json_object(std::string_view text, std::string_view where, std::string_view advice) {
  Json json = parse_json<Json>(text, where, advice);
  if (json.is_object()) return json;
  std::string shown = json.dump(-1, ' ', /*ensure_ascii=*/true);
  if (shown.size() > kShownBytes) shown = shown.substr(0, kShownBytes) + "...";
  fail("{} holds no JSON object, but {}{}", where, shown, ending(advice));
}

std::optional<nlohmann::json> try_parse_json(std::string_view text) {
  if (json_depth(text) > kMaxJsonDepth) return std::nullopt;
  nlohmann::json json = nlohmann::json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (json.is_discarded()) return std::nullopt;
  return json;
}

using nlohmann::json, nlohmann::ordered_json;
template json parse_json<json>(std::string_view, std::string_view, std::string_view);
template ordered_json parse_json<ordered_json>(std::string_view, std::string_view, std::string_view);
template json parse_json_object<json>(std::string_view, std::string_view, std::string_view);
template ordered_json parse_json_object<ordered_json>(std::string_view, std::string_view, std::string_view);

}  // namespace rpp
