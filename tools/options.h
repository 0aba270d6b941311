// The options that several tools have, each under one name:
//
//   --model       a model: directory or model file; where a tool takes one model, without the name too
//   --output-dir  the directory of a run, where it may be resumed; --output: anything else that is written
//   --config      the configuration file of a run, without the name too
//   --threads     0: as many as the process may use
//   --seed        --seeds where there may be several
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

// `Path`: a path, or paths where the tool takes several.
template <typename Path>
CLI::Option* add_model(CLI::App& app, Path& model, const std::string& help) {
  return app.add_option("model,--model", model, help)->required()->always_capture_default(false);
}

template <typename Integer>
CLI::Option* add_threads(CLI::App& app, Integer& num_threads,
                         const std::string& help = "0: all cores that the process may use") {
  return app.add_option("--threads", num_threads, help)->check(CLI::Range(0, kMaxThreads));
}

// Refuses other values with a list of these.
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

// Of values that have names.
template <typename Value>
CLI::Option* add_choice(CLI::App& app, const std::string& name, Value& value,
                        const std::map<std::string, Value>& choices, const std::string& help) {
  std::vector<std::string> names;
  for (const auto& choice : choices) names.push_back(choice.first);
  const auto set = [&value, choices](const std::string& chosen) { value = choices.at(chosen); };
  return app.add_option_function<std::string>(name, set, help)->check(one_of(names));
}

}  // namespace rpp
