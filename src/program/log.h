// Log lines for people: "12:34:56 info  message" on stderr through spdlog.
#pragma once

#include <spdlog/spdlog.h>

namespace rpp {

// Sets the format once per program; `quiet` shows only warnings and errors.
void init_logging(bool quiet = false);

// For processes beside the one that reports what happens.
void log_errors_only();

namespace log {
using spdlog::error;
using spdlog::info;
using spdlog::warn;
}  // namespace log

}  // namespace rpp
