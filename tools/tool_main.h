// What the tools' main functions share: the command line through CLI11, its mistakes as ours.
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "rpp/core/error.h"
#include "rpp/core/nearest.h"
#include "rpp/core/stop_signal.h"
#include "rpp/core/version.h"

namespace rpp {

// "rpp-data build" while build's options were being parsed.
inline std::string command_name(const CLI::App& app) {
  std::string name = app.get_name();
  for (const CLI::App* subcommand : app.get_subcommands()) name += " " + subcommand->get_name();
  return name;
}

// What is wrong with the command line; for an argument that nothing takes, the nearest that there is.
inline std::string describe_mistake(const CLI::App& app, const CLI::ParseError& error) {
  const std::vector<std::string> unknown = app.remaining(true);
  if (unknown.empty()) return error.what();
  const CLI::App& command = app.get_subcommands().empty() ? app : *app.get_subcommands().front();
  std::vector<std::string> known;
  for (const CLI::Option* option : command.get_options()) known.push_back(option->get_name());
  for (const CLI::App* subcommand : command.get_subcommands({})) known.push_back(subcommand->get_name());
  return fmt::format("unknown argument '{}': did you mean '{}'?", unknown.front(),
                     nearest_name(unknown.front(), known));
}

// Appends to every --help what the exit statuses mean.
inline void document_exit_statuses(CLI::App& app) {
  const bool resumes = app.get_option_no_throw("--resume") != nullptr;
  const std::string footer = app.get_footer();
  app.footer(
      fmt::format("{}{}Exit status: 0 finished, 1 error, 2 wrong usage or configuration, {} stopped by a "
                  "signal before the end{}",
                  footer, footer.empty() ? "" : "\n", kStoppedStatus,
                  resumes ? ":\nthe same command with --resume auto goes on" : ""));
  for (CLI::App* subcommand : app.get_subcommands({})) document_exit_statuses(*subcommand);
}

// Parses into the variables that the app's options name; callbacks of subcommands run in here. False when
// --help or --version was asked for and answered. Throws UsageError for a wrong command line. `libraries` is
// appended to what --version prints, such as ", LibTorch 2.11.0, CUDA: no".
inline bool parse_command_line(CLI::App& app, int argc, char** argv, std::string_view libraries = "") {
  document_exit_statuses(app);
  app.set_version_flag("--version", fmt::format("{} {}{}", app.get_name(), version_string(), libraries));
  try {
    app.parse(argc, argv);
    return true;
  } catch (const CLI::Success& request) {
    app.exit(request);
    return false;
  } catch (const CLI::ParseError& error) {
    fail_usage("{} (see {} --help)", describe_mistake(app, error), command_name(app));
  }
}

}  // namespace rpp
