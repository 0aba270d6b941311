// Base64 (RFC 4648, section 4).
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace rpp {

std::string to_base64(std::string_view bytes);

// Nothing if `text` is not Base64 with its padding; line breaks are not skipped.
std::optional<std::string> from_base64(std::string_view text);

}  // namespace rpp
