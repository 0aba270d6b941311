// Accepts options under earlier names or names of other programs, with a hint on standard error.
#pragma once

#include <CLI/CLI.hpp>
#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "core/nearest.h"
#include "rpp/error.h"

namespace rpp {

struct OtherName {
  std::string_view other;  // '-' for each '_'
  std::string_view ours;
};

inline constexpr OtherName kOldNames[] = {{"--num-threads", "--threads"}};

// Each applies only if a command lacks the first name and has the second.
inline constexpr OtherName kHabits[] = {
    {"--model-name-or-path", "--model"},
    {"--init-checkpoint", "--model"},
    {"--output", "--output-dir"},
    {"--output-dir", "--output"},
    {"--output-file", "--output"},
    {"--config-file", "--config"},
    {"--train-num-threads", "--threads"},
    {"--num-workers", "--threads"},
    {"--preprocessing-num-workers", "--threads"},
    {"--random-seed", "--seed"},
    {"--task-name", "--task"},
    {"--glue-dir", "--data-dir"},
    {"--vocab-file", "--tokenizer"},
    {"--tokenizer-name", "--tokenizer"},
    {"--tokenizer-name-or-path", "--tokenizer"},
    {"--input-file", "--input"},
    {"--resume-from-checkpoint", "--resume"},
    {"--max-length", "--max-seq-length"},
};

// The subcommand that the arguments select, or the program itself.
inline const CLI::App& named_command(const CLI::App& app, const std::vector<std::string>& arguments) {
  for (const std::string& argument : arguments) {
    for (const CLI::App* command : app.get_subcommands({})) {
      if (command->check_name(argument)) return *command;
    }
  }
  return app;
}

inline bool has_option(const CLI::App& command, std::string_view name) {
  return command.get_option_no_throw(std::string(name)) != nullptr;
}

// Our name of an option that the command lacks; empty: none.
inline std::string our_name(const CLI::App& command, std::string name) {
  std::replace(name.begin(), name.end(), '_', '-');
  if (has_option(command, name)) return name;
  for (const std::span<const OtherName> names : {std::span<const OtherName>(kOldNames), {kHabits}}) {
    for (const auto& [other, ours] : names) {
      if (other == name && has_option(command, ours)) return std::string(ours);
    }
  }
  return "";
}

inline void print_name_hint(const std::string& tool, const std::string& given, const std::string& ours) {
  const auto is_given = [&](const OtherName& name) { return name.other == given; };
  const bool is_old = std::any_of(std::begin(kOldNames), std::end(kOldNames), is_given);
  fmt::print(stderr, "{}: note: {} is {} {}\n", tool, given, is_old ? "now" : "taken as", ours);
}

// The arguments with our option names.
inline std::vector<std::string> with_our_names(const CLI::App& app, std::vector<std::string> arguments) {
  const CLI::App& command = named_command(app, arguments);
  for (std::string& argument : arguments) {
    const std::string given = argument.substr(0, argument.find('='));
    if (!given.starts_with("--") || has_option(command, given)) continue;
    const std::string ours = our_name(command, given);
    if (ours.empty()) continue;
    print_name_hint(app.get_name(), given, ours);
    argument.replace(0, given.size(), ours);
  }
  return arguments;
}

// CLI11 parses a value in brackets as a list if an option takes several: "[run]" would become "run". A path
// is protected by an equivalent spelling.
inline void keep_brackets(const CLI::App& app, std::vector<std::string>& arguments) {
  const CLI::App& command = named_command(app, arguments);
  const CLI::Option* option = nullptr;  // the option of the next value; none: a positional
  for (std::string& argument : arguments) {
    const size_t equals = argument.find('=');
    const bool names_option = argument.starts_with("--");
    if (names_option) option = command.get_option_no_throw(argument.substr(0, equals));
    const bool takes_several = option == nullptr || option->get_allow_extra_args();
    const size_t begin = names_option ? std::min(equals, argument.size() - 1) + 1 : 0;
    const bool in_brackets = begin < argument.size() && argument[begin] == '[' && argument.back() == ']';
    if (takes_several && in_brackets) argument.insert(begin, "./");
  }
}

// A mistyped command must not pass as a file name.
inline void refuse_mistyped_command(const CLI::App& app, const std::vector<std::string>& arguments) {
  if (arguments.empty() || arguments[0].starts_with('-') || std::filesystem::exists(arguments[0])) return;
  std::vector<std::string> commands;
  for (const CLI::App* command : app.get_subcommands({})) commands.push_back(command->get_name());
  const std::string close = close_name(arguments[0], commands);
  if (close.empty() || close == arguments[0]) return;
  fail_usage("unknown argument '{}': did you mean '{}'? (see {} --help)", arguments[0], close,
             app.get_name());
}

}  // namespace rpp
