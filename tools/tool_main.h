// What the tools' main functions share: the command line through CLI11, its mistakes as ours.
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <string_view>

#include "rpp/core/error.h"
#include "rpp/core/version.h"

namespace rpp {

// "rpp-data build" while build's options were being parsed.
inline std::string command_name(const CLI::App& app) {
  std::string name = app.get_name();
  for (const CLI::App* subcommand : app.get_subcommands()) name += " " + subcommand->get_name();
  return name;
}

// Parses into the variables that the app's options name; callbacks of subcommands run in here. False when
// --help or --version was asked for and answered. Throws UsageError for a wrong command line. `libraries` is
// appended to what --version prints, such as ", LibTorch 2.11.0, CUDA: no".
inline bool parse_command_line(CLI::App& app, int argc, char** argv, std::string_view libraries = "") {
  app.set_version_flag("--version", fmt::format("{} {}{}", app.get_name(), version_string(), libraries));
  try {
    app.parse(argc, argv);
    return true;
  } catch (const CLI::Success& request) {
    app.exit(request);
    return false;
  } catch (const CLI::ParseError& error) {
    fail_usage("{} (see {} --help)", error.what(), command_name(app));
  }
}

}  // namespace rpp
