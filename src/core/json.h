// The only JSON parser entry point: every error names the position, and no text can exhaust the stack.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string_view>

namespace rpp {

// Maximum nesting depth of lists and objects. Copying and printing JSON recurse on the stack; files read here
// have only a few levels.
inline constexpr int kMaxJsonDepth = 64;

// Json is nlohmann::json or nlohmann::ordered_json. `where` is the file or line of the text, `advice` what to
// do about damage. Throws Error, such as "config.json:3: broken JSON at byte 7 of the line:
// ...; save the model again".
template <typename Json = nlohmann::json>
Json parse_json(std::string_view text, std::string_view where, std::string_view advice = "");

// As parse_json; also throws Error for JSON that is not an object.
template <typename Json = nlohmann::json>
Json parse_json_object(std::string_view text, std::string_view where, std::string_view advice = "");

// Returns nothing for broken JSON, where an incomplete text is not an error, such as the last line of a log.
std::optional<nlohmann::json> try_parse_json(std::string_view text);

}  // namespace rpp
