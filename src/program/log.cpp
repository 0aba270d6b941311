#include "program/log.h"

#include <spdlog/sinks/stdout_color_sinks.h>

namespace rpp {

void init_logging(bool quiet) {
  spdlog::set_default_logger(
      std::make_shared<spdlog::logger>("rpp", std::make_shared<spdlog::sinks::stderr_color_sink_mt>()));
  spdlog::set_pattern("%H:%M:%S %^%-5l%$ %v");
  spdlog::set_level(quiet ? spdlog::level::warn : spdlog::level::info);
}

void log_errors_only() {
  spdlog::set_level(spdlog::level::err);
}

}  // namespace rpp
