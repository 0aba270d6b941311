// The options that rpp-pretrain and rpp-finetune share.
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

#include "rpp/config/load.h"
#include "rpp/train/runs.h"

namespace rpp {

struct RunArguments {
  std::vector<std::string> overrides;
  RunOptions run;
  bool check = false;
  bool print_config = false;
};

inline void add_run_options(CLI::App& app, RunArguments& arguments) {
  app.add_option("--set", arguments.overrides, "key=value, over what the file says; may be repeated")
      ->type_name("KEY=VALUE")
      ->allow_extra_args(false);
  app.add_option("--resume", arguments.run.resume,
                 "auto: from the latest checkpoint; or a checkpoint's directory");
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
