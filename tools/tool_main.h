// Shared by the tools' main functions: command-line parsing through CLI11 with our error messages.
#pragma once

#include <CLI/CLI.hpp>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "core/nearest.h"
#include "core/stop_signal.h"
#include "core/version.h"
#include "other_names.h"
#include "program/standard_output.h"
#include "rpp/error.h"

namespace rpp {

// "rpp-data build" while build's options are being parsed.
inline std::string command_name(const CLI::App& app) {
  std::string name = app.get_name();
  for (const CLI::App* subcommand : app.get_subcommands()) name += " " + subcommand->get_name();
  return name;
}

// The --set argument for an option of other trainers (config/load.h).
using SettingOf = std::string (*)(std::string_view name);

// "--learning-rate=1" becomes "learning_rate".
inline std::string setting_for(std::string argument, SettingOf setting_of) {
  if (setting_of == nullptr || !argument.starts_with("--")) return "";
  argument = argument.substr(2, argument.find('=') - 2);
  std::replace(argument.begin(), argument.end(), '-', '_');
  return setting_of(argument);
}

// What is wrong with the command line; for an unexpected argument, with a suggestion.
inline std::string describe_mistake(const CLI::App& app, const CLI::ParseError& error, SettingOf setting_of) {
  const std::vector<std::string> unknown = app.remaining(true);
  if (unknown.empty()) return error.what();
  const std::string setting = setting_for(unknown.front(), setting_of);
  if (!setting.empty()) return fmt::format("unknown argument '{}': write --set {}", unknown.front(), setting);
  const CLI::App& command = app.get_subcommands().empty() ? app : *app.get_subcommands().front();
  std::vector<std::string> known;
  for (const CLI::Option* option : command.get_options()) known.push_back(option->get_name());
  for (const CLI::App* subcommand : command.get_subcommands({})) known.push_back(subcommand->get_name());
  return fmt::format("unknown argument '{}'{}", unknown.front(), did_you_mean(unknown.front(), known));
}

// Appends the meaning of the exit statuses to every --help.
inline void document_exit_statuses(CLI::App& app) {
  const bool resumes = app.get_option_no_throw("--resume") != nullptr;
  const std::string footer = app.get_footer();
  app.footer(
      fmt::format("{}{}Exit status: 0 finished, 1 error, 2 wrong usage or configuration, {} stopped by a "
                  "signal before the end{}",
                  footer, footer.empty() ? "" : "\n", kStoppedStatus,
                  resumes ? ":\nresume with the same command and --resume auto" : ""));
  for (CLI::App* subcommand : app.get_subcommands({})) document_exit_statuses(*subcommand);
}

// Parses into the variables bound to the app's options; callbacks of subcommands run here. False if --help or
// --version was requested and printed. Options may have the names of other_names.h. Throws UsageError for an
// invalid command line. `libraries` is appended to the output of --version, such as ", LibTorch 2.11.0, CUDA:
// no".
inline bool parse_command_line(CLI::App& app, int argc, char** argv, std::string_view libraries = "",
                               SettingOf setting_of = nullptr) {
  document_exit_statuses(app);
  app.set_version_flag("--version", fmt::format("{} {}{}", app.get_name(), version_string(), libraries));
  std::vector<std::string> arguments = with_our_names(app, {argv + 1, argv + argc});
  refuse_mistyped_command(app, arguments);
  keep_brackets(app, arguments);
  std::reverse(arguments.begin(), arguments.end());  // CLI11 takes them from the end
  try {
    app.parse(std::move(arguments));
    return true;
  } catch (const CLI::Success& request) {
    std::ostringstream text;  // std::cout would lose what it cannot write
    app.exit(request, text);
    write_output(text.str());
    return false;
  } catch (const CLI::ParseError& error) {
    fail_usage("{} (see {} --help)", describe_mistake(app, error, setting_of), command_name(app));
  }
}

}  // namespace rpp
