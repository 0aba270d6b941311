// The description that /openapi.json serves (OpenAPI 3.0.3).
#pragma once

#include <string_view>

namespace rpp {

extern const std::string_view kOpenApi;

}  // namespace rpp
