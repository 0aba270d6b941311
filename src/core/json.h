// The only way from text to JSON: every error names the place, and no text can exhaust the stack.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string_view>

namespace rpp {

// Lists and objects in each other, at most. What holds JSON copies and prints it level by level, on the
// stack; no file that is read here has more than a handful.
inline constexpr int kMaxJsonDepth = 64;

// Json is nlohmann::json or nlohmann::ordered_json. `where` is the file or line that the text is from,
// `advice` what to do about a broken one. Throws Error, such as "config.json:3: broken JSON at byte 7 of the
// line:
// ...; save the model again".
template <typename Json = nlohmann::json>
Json parse_json(std::string_view text, std::string_view where, std::string_view advice = "");

// As parse_json; throws Error for JSON that is no object as well.
template <typename Json = nlohmann::json>
Json parse_json_object(std::string_view text, std::string_view where, std::string_view advice = "");

// Nothing for broken JSON: where a half-written text is no error, such as the last line of a log.
std::optional<nlohmann::json> try_parse_json(std::string_view text);

}  // namespace rpp
