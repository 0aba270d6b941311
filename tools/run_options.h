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

// An option that sets `key`: checked and reported like the configuration.
inline CLI::Option* add_flag_of(CLI::App& app, const std::string& name, const std::string& key,
                                RunArguments& arguments, const std::string& help) {
  const auto set = [=, &arguments](const std::string& value) {
    arguments.flags.push_back({.name = name, .key = key, .value = value});
  };
  return app.add_option_function<std::string>(name, set, help);
}

inline void add_run_options(CLI::App& app, RunArguments& arguments) {
  add_flag_of(app, "--model", "model", arguments, "Hugging Face directory to start from");
  add_flag_of(app, "--output-dir", "output_dir", arguments, "new directory for model and results");
  add_flag_of(app, "--threads", "train.num_threads", arguments, "0: all cores")->type_name("INT");
  add_flag_of(app, "--seed", "train.seed", arguments, "random seed")->type_name("INT");
  app.add_option("--set", arguments.overrides, "key=value, overrides the file; may be repeated")
      ->type_name("KEY=VALUE")
      ->allow_extra_args(false);
  app.add_option("--resume", arguments.run.resume,
                 "auto: continue from the latest checkpoint if settings and data are the same; or a "
                 "checkpoint to continue from");
  app.add_flag("--check", arguments.check,
               "validate everything and estimate memory and time, without starting the run");
  app.add_flag("--print-config", arguments.print_config, "print the resolved configuration");
}

// Handles --print-config and --check; false if neither was given. check(config) makes the report.
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
