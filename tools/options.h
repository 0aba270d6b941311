// The options that several tools share, each under one name:
//   --model       a model directory or model file; also positional in a tool with one model
//   --output-dir  the directory of a run, which can be resumed; --output: any other output
//   --config      the configuration file of a run; also positional
//   --threads     0: all that the process may use
//   --seed        or --seeds if there can be several
#pragma once

#include <fmt/ranges.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "core/nearest.h"
#include "core/parallel_for.h"

namespace rpp {

// `Path`: a path, or paths if the tool takes several.
template <typename Path>
CLI::Option* add_model(CLI::App& app, Path& model, const std::string& help) {
  return app.add_option("model,--model", model, help)->required()->always_capture_default(false);
}

template <typename Integer>
CLI::Option* add_threads(CLI::App& app, Integer& num_threads,
                         const std::string& help = "0: all cores that the process may use") {
  return app.add_option("--threads", num_threads, help)->check(CLI::Range(0, kMaxThreads));
}

// Refuses other values and lists these.
inline CLI::Validator one_of(const std::vector<std::string>& choices) {
  const auto complaint = [choices](const std::string& value) {
    if (std::find(choices.begin(), choices.end(), value) != choices.end()) return std::string();
    return fmt::format("'{}' is unknown: choose {}", value, or_list(choices));
  };
  return {complaint, fmt::format("{{{}}}", fmt::join(choices, ","))};
}

inline CLI::Option* add_choice(CLI::App& app, const std::string& name, std::string& value,
                               const std::vector<std::string>& choices, const std::string& help) {
  return app.add_option(name, value, help)->check(one_of(choices));
}

// For values that have names.
template <typename Value>
CLI::Option* add_choice(CLI::App& app, const std::string& name, Value& value,
                        const std::map<std::string, Value>& choices, const std::string& help) {
  std::vector<std::string> names;
  for (const auto& choice : choices) names.push_back(choice.first);
  const auto set = [&value, choices](const std::string& chosen) { value = choices.at(chosen); };
  return app.add_option_function<std::string>(name, set, help)->check(one_of(names));
}

}  // namespace rpp
