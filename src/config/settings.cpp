#include "settings.h"

#include <map>
#include <system_error>

#include "rpp/error.h"
#include "suggest.h"

namespace rpp {
namespace {

namespace fs = std::filesystem;

std::string line_of(const std::string& source, const YAML::Mark& mark) {
  return mark.is_null() ? source : fmt::format("{}:{}", source, mark.line + 1);
}

[[noreturn]] void fail_unknown(const std::string& where, const std::string& key, const KnownKeys& known) {
  const std::string close = suggest_key(key, known);
  const std::string hint = close.empty() ? "--print-config shows all keys" : "did you mean '" + close + "'?";
  fail_usage("{}", at(where, fmt::format("unknown key '{}' ({})", key, hint)));
}

[[noreturn]] void fail_plain_section(const std::string& where, const std::string& key) {
  fail_usage("{}", at(where, fmt::format("{} is a section: write its keys below it, indented", key)));
}

YAML::Node parse_yaml_file(const fs::path& path) {
  std::error_code ignored;
  if (fs::is_directory(path, ignored)) fail_usage("{} is a directory, not a configuration file", path);
  try {
    return YAML::LoadFile(path.string());
  } catch (const YAML::BadFile&) {
    fail_usage("cannot open the configuration file {}", path);
  } catch (const YAML::Exception& error) {
    fail_usage("{}: not valid YAML: {}", line_of(path.string(), error.mark), error.msg);
  }
}

// Flattens the maps of one file into settings.
class FileReader {
 public:
  FileReader(std::string source, const KnownKeys& known) : source_(std::move(source)), known_(known) {}

  void read(const YAML::Node& root) {
    if (root.IsNull()) return;  // an empty file has no settings
    if (!root.IsMap()) {
      fail_usage("{}", at(line_of(source_, root.Mark()), "a configuration file holds lines of 'key: value'"));
    }
    read_map(root, "");
  }

  std::vector<Setting> entries() && { return std::move(entries_); }

 private:
  void read_map(const YAML::Node& map, const std::string& prefix) {
    for (const auto& pair : map) {
      const std::string where = line_of(source_, pair.first.Mark());
      if (!pair.first.IsScalar()) fail_usage("{}", at(where, "a key is a plain word"));
      const std::string key = prefix + pair.first.Scalar();
      refuse_repeated(key, where);
      read_entry(key, pair.second, where);
    }
  }

  void read_entry(const std::string& key, const YAML::Node& value, const std::string& where) {
    if (known_.has_field(key)) {
      entries_.push_back({.key = key, .value = value, .where = where});
      return;
    }
    if (!known_.has_section(key)) fail_unknown(where, key, known_);
    if (value.IsNull()) return;  // all keys in it are commented out
    if (!value.IsMap()) fail_plain_section(where, key);
    read_map(value, key + ".");
  }

  void refuse_repeated(const std::string& key, const std::string& where) {
    const auto [first, is_new] = seen_.emplace(key, where);
    if (is_new) return;
    fail_usage("{}", at(where, fmt::format("{} is already set at {}: keep one of them", key, first->second)));
  }

  std::string source_;
  const KnownKeys& known_;
  std::map<std::string, std::string> seen_;  // key -> place
  std::vector<Setting> entries_;
};

bool is_within(const std::string& text, char quote) {
  return text.size() > 1 && text.front() == quote && text.back() == quote;
}

// The position after the closing quote of the string that starts at `begin`.
size_t skip_quoted(const std::string& text, size_t begin) {
  size_t at = begin + 1;
  for (; at < text.size() && text[at] != text[begin]; ++at) at += text[begin] == '"' && text[at] == '\\';
  return at + 1;
}

// Whether the leading list or quoted string is the whole value: YAML's parser would ignore what follows.
bool is_one_value(const std::string& text) {
  int depth = 0;
  for (size_t at = 0; at < text.size();) {
    const char c = text[at];
    depth += c == '[' ? 1 : c == ']' ? -1 : 0;
    at = c == '"' || c == '\'' ? skip_quoted(text, at) : at + 1;
    const bool goes_on_quoting = c == '\'' && at < text.size() && text[at] == '\'';  // '' is an escaped quote
    if (depth == 0 && !goes_on_quoting) return at == text.size();
  }
  return false;
}

// Taken literally, whatever it means in YAML: '#', ':', '@'. YAML's rules apply inside quotes, and after a
// bracket for list keys.
void parse_override_value(const std::string& text, Setting& setting) {
  const bool is_quoted = is_within(text, '"') || is_within(text, '\'');
  setting.value = YAML::Node(text);
  if (!is_quoted) setting.typed = text;
  if (!is_quoted && !text.starts_with('[')) return;
  try {
    setting.value = YAML::Load(text);
    if (!is_one_value(text))
      setting.yaml_error = "it does not end where its first bracket or quote is closed";
  } catch (const YAML::Exception& error) {
    setting.yaml_error = error.msg;
  }
}

Setting parse_override(const std::string& text, const KnownKeys& known) {
  const std::string where = "--set " + text;
  const size_t equals = text.find('=');
  if (equals == std::string::npos) fail_usage("{}", at(where, "write it as key=value"));
  const std::string key = text.substr(0, equals);
  if (known.has_section(key)) {
    fail_usage("{}",
               at(where, fmt::format("{} is a section: set its keys one by one, as {}.key=value", key, key)));
  }
  if (!known.has_field(key)) fail_unknown(where, key, known);
  Setting setting{.key = key, .value = {}, .where = where};
  parse_override_value(text.substr(equals + 1), setting);
  return setting;
}

Setting setting_of_flag(const Flag& flag) {
  return {.key = flag.key,
          .value = YAML::Node(flag.value),
          .where = fmt::format("{} {}", flag.name, flag.value),
          .yaml_error = {},
          .typed = flag.value};
}

}  // namespace

const Setting* Settings::last(std::string_view key) const {
  const Setting* found = nullptr;
  for (const Setting& setting : entries) {
    if (setting.key == key) found = &setting;
  }
  return found;
}

std::string Settings::where(std::string_view key) const {
  const Setting* setting = last(key);
  return setting == nullptr ? source : setting->where;
}

std::string at(const std::string& where, const std::string& message) {
  return where.empty() ? message : where + ": " + message;
}

Settings read_settings(const fs::path& path, std::span<const std::string> overrides,
                       std::span<const Flag> flags, const KnownKeys& known) {
  Settings settings{.source = path.string(), .entries = {}};
  if (!path.empty()) {
    FileReader reader(settings.source, known);
    reader.read(parse_yaml_file(path));
    settings.entries = std::move(reader).entries();
  }
  for (const std::string& text : overrides) settings.entries.push_back(parse_override(text, known));
  for (const Flag& flag : flags) settings.entries.push_back(setting_of_flag(flag));
  return settings;
}

}  // namespace rpp
