#include "config/compare.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <yaml-cpp/yaml.h>

#include <charconv>
#include <map>
#include <optional>

#include "config/load.h"
#include "rpp/error.h"
#include "settings.h"

namespace rpp {
namespace {

using FlatSettings = std::map<std::string, std::string>;

std::string text_of(const YAML::Node& value) {
  if (!value.IsSequence()) return value.IsScalar() ? value.Scalar() : "";
  std::vector<std::string> items;
  for (const auto& item : value) items.push_back(item.Scalar());
  return fmt::format("[{}]", fmt::join(items, ", "));
}

void flatten(const YAML::Node& map, const std::string& prefix, FlatSettings& settings) {
  for (const auto& pair : map) {
    const std::string key = prefix + pair.first.Scalar();
    if (pair.second.IsMap()) {
      flatten(pair.second, key + ".", settings);
    } else {
      settings[key] = text_of(pair.second);
    }
  }
}

FlatSettings read_flat(std::string_view yaml, std::string_view source) {
  FlatSettings settings;
  try {
    const YAML::Node root = YAML::Load(std::string(yaml));
    RPP_CHECK(root.IsMap(), "{} is damaged: it holds no settings", source);
    flatten(root, "", settings);
  } catch (const YAML::Exception& error) {
    fail("{} is damaged: {}", source, error.what());
  }
  return settings;
}

std::optional<double> number_in(const std::string& text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

bool is_same_value(const std::string& a, const std::string& b) {
  if (a == b) return true;
  const auto number = number_in(a);
  return number && number == number_in(b);
}

template <typename Config>
std::vector<SettingDifference> compare(std::string_view before_yaml, std::string_view source,
                                       const Config& config) {
  const FlatSettings before = read_flat(before_yaml, source);
  const FlatSettings now = read_flat(to_yaml(config), source);
  const FlatSettings defaults = read_flat(to_yaml(Config()), source);
  std::vector<SettingDifference> differences;
  for (const std::string& key : known_keys<Config>().fields) {
    const auto found = before.find(key);
    const std::string& value = found == before.end() ? defaults.at(key) : found->second;
    if (!is_same_value(value, now.at(key))) differences.push_back({key, value, now.at(key)});
  }
  return differences;
}

std::string shown(const std::string& value) {
  return value.empty() ? "not set" : value;
}

}  // namespace

std::vector<SettingDifference> differing_settings(std::string_view before, std::string_view source,
                                                  const PretrainConfig& now) {
  return compare(before, source, now);
}

std::vector<SettingDifference> differing_settings(std::string_view before, std::string_view source,
                                                  const FinetuneConfig& now) {
  return compare(before, source, now);
}

std::string format_differences(const std::vector<SettingDifference>& differences) {
  std::string text;
  for (const auto& [key, before, now] : differences) {
    text += fmt::format("{}{} was {}, now {}", text.empty() ? "" : "; ", key, shown(before), shown(now));
  }
  return text;
}

}  // namespace rpp
