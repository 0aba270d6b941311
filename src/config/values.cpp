#include "values.h"

#include <charconv>
#include <cmath>
#include <optional>

#include "rpp/error.h"

namespace rpp {
namespace {

void check_yaml(const Setting& setting) {
  if (setting.yaml_error.empty()) return;
  fail_usage("{}", at(setting.where, "the value is not valid YAML: " + setting.yaml_error));
}

// yaml-cpp marks a quoted scalar with the tag "!": "3" in quotes is a string, not a number.
bool is_quoted(const YAML::Node& node) {
  return node.Tag() == "!";
}

[[noreturn]] void fail_value(const Setting& setting, std::string_view must_be) {
  const std::string text = setting.typed.value_or(setting.value.Scalar());
  const std::string given =
      is_quoted(setting.value) ? fmt::format("the text \"{}\"", text) : fmt::format("'{}'", text);
  fail_usage("{}", at(setting.where, fmt::format("{} is {}, it must be {}", setting.key, given, must_be)));
}

// The text of a plain value; throws for a list, a map and null.
const std::string& scalar_of(const Setting& setting, std::string_view must_be) {
  if (setting.typed) return *setting.typed;
  check_yaml(setting);
  const YAML::Node& node = setting.value;
  if (node.IsScalar()) return node.Scalar();
  const std::string_view kind = node.IsNull() ? "empty" : node.IsSequence() ? "a list" : "a section";
  fail_usage("{}", at(setting.where, fmt::format("{} is {}, it must be {}", setting.key, kind, must_be)));
}

template <typename Number>
std::optional<Number> parse_number(const Setting& setting, std::string_view must_be) {
  const std::string& text = scalar_of(setting, must_be);
  Number number{};
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc() || stop != end || is_quoted(setting.value)) return std::nullopt;
  return number;
}

std::string text_of(const YAML::Node& node, const Setting& setting) {
  if (node.IsScalar()) return node.Scalar();
  fail_usage("{}", at(setting.where, fmt::format("{} must be a list of texts", setting.key)));
}

}  // namespace

void parse_into(const Setting& setting, int64_t& value) {
  constexpr std::string_view kMustBe = "a whole number";
  const auto number = parse_number<int64_t>(setting, kMustBe);
  if (!number) fail_value(setting, kMustBe);
  value = *number;
}

void parse_into(const Setting& setting, double& value) {
  constexpr std::string_view kMustBe = "a number";
  const auto number = parse_number<double>(setting, kMustBe);
  if (!number || !std::isfinite(*number)) fail_value(setting, kMustBe);
  value = *number;
}

void parse_into(const Setting& setting, bool& value) {
  constexpr std::string_view kMustBe = "true or false";
  const std::string& text = scalar_of(setting, kMustBe);
  if ((text != "true" && text != "false") || is_quoted(setting.value)) fail_value(setting, kMustBe);
  value = text == "true";
}

void parse_into(const Setting& setting, std::string& value) {
  value = scalar_of(setting, "a text (\"\" for none)");
}

void parse_into(const Setting& setting, std::vector<std::string>& value) {
  check_yaml(setting);
  const YAML::Node& node = setting.value;
  value.clear();
  if (node.IsScalar()) {
    if (!node.Scalar().empty()) value.push_back(node.Scalar());
    return;
  }
  if (!node.IsSequence()) {
    fail_usage("{}", at(setting.where, fmt::format("{} must be a list: [a, b]", setting.key)));
  }
  for (const YAML::Node& item : node) value.push_back(text_of(item, setting));
}

}  // namespace rpp
