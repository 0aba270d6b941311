// The options that rpp-pretrain and rpp-finetune share.
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

#include "config/load.h"
#include "options.h"
#include "tasks/run.h"

namespace rpp {

struct RunArguments {
  std::filesystem::path config;
  std::vector<std::string> overrides;
  std::vector<Flag> flags;  // those that were given
  RunOptions run;
  bool check = false;
  bool print_config = false;
};

// An option that sets `key`: checked and reported as the configuration is.
inline CLI::Option* add_flag_of(CLI::App& app, const std::string& name, const std::string& key,
                                RunArguments& arguments, const std::string& help) {
  const auto set = [=, &arguments](const std::string& value) {
    arguments.flags.push_back({.name = name, .key = key, .value = value});
  };
  return app.add_option_function<std::string>(name, set, help);
}

inline void add_run_options(CLI::App& app, RunArguments& arguments) {
  add_flag_of(app, "--model", "model", arguments, "Hugging Face directory to start from");
  add_flag_of(app, "--output-dir", "output_dir", arguments, "a new directory for model and results");
  add_flag_of(app, "--threads", "train.num_threads", arguments, "0: all cores")->type_name("INT");
  add_flag_of(app, "--seed", "train.seed", arguments, "of the random numbers")->type_name("INT");
  app.add_option("--set", arguments.overrides, "key=value, over what the file says; may be repeated")
      ->type_name("KEY=VALUE")
      ->allow_extra_args(false);
  app.add_option(
      "--resume", arguments.run.resume,
      "auto: from the latest checkpoint of the same settings and data; or a checkpoint, with others too");
  app.add_flag("--check", arguments.check, "validate everything, estimate memory and time, start nothing");
  app.add_flag("--print-config", arguments.print_config, "print the resolved configuration");
}

// Answers --print-config and --check; false when neither was given. check(config) makes the report.
template <typename Config, typename Check>
bool answered_without_a_run(const RunArguments& arguments, const Config& config, const Check& check) {
  if (arguments.print_config) {
    fmt::print("{}", to_yaml(config));
  } else if (arguments.check) {
    fmt::print("{}", format_preflight(check(config)));
  }
  return arguments.print_config || arguments.check;
}

}  // namespace rpp
