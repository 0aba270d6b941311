// The settings of a YAML file and --set overrides as one flat list: key, value and place.
#pragma once

#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "config/fields.h"
#include "config/load.h"

namespace rpp {

// The full names that a configuration struct accepts: "train.steps" is a field, "train" a section.
struct KnownKeys {
  std::vector<std::string> fields;
  std::vector<std::string> sections;

  bool has_field(std::string_view key) const { return std::ranges::find(fields, key) != fields.end(); }
  bool has_section(std::string_view key) const { return std::ranges::find(sections, key) != sections.end(); }
};

struct Setting {
  std::string key;  // "train.steps"
  YAML::Node value;
  std::string where;                 // "rpp.yaml:12", "--set train.steps=0" or "--seed x"
  std::string yaml_error;            // of an override whose value is not YAML: it may still be a string
  std::optional<std::string> typed;  // on the command line, for a string key
};

struct Settings {
  std::string source;            // the file's name as typed; "" without a file
  std::vector<Setting> entries;  // in the order of application

  // The effective setting; nullptr if the default applies.
  const Setting* last(std::string_view key) const;
  // Where `key` was set, for messages: "rpp.yaml:12", or the source if the default applies.
  std::string where(std::string_view key) const;
};

// An empty path reads overrides and flags only. Throws UsageError for a missing file, damaged YAML, an
// unknown or repeated key, a section with a plain value, an override that is not key=value.
Settings read_settings(const std::filesystem::path& path, std::span<const std::string> overrides,
                       std::span<const Flag> flags, const KnownKeys& known);

// "rpp.yaml:12: message"; only the message if `where` is empty.
std::string at(const std::string& where, const std::string& message);

class KeyCollector {
 public:
  void field(const FieldInfo& info, const auto&) { keys_.fields.push_back(prefix_ + std::string(info.key)); }

  void section(std::string_view key, const auto& nested) {
    keys_.sections.push_back(prefix_ + std::string(key));
    const std::string outer = prefix_;
    prefix_ += std::string(key) + ".";
    visit_fields(nested, *this);
    prefix_ = outer;
  }

  KnownKeys keys() && { return std::move(keys_); }

 private:
  std::string prefix_;
  KnownKeys keys_;
};

template <typename Config>
KnownKeys known_keys() {
  const Config config;
  KeyCollector collector;
  visit_fields(config, collector);
  return std::move(collector).keys();
}

}  // namespace rpp
