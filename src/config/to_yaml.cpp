// Writes the resolved configuration as a commented file.
#include <fmt/format.h>

#include <algorithm>

#include "bert_format/model_fields.h"
#include "config/fields.h"
#include "config/load.h"

namespace rpp {
namespace {

// The shortest digits that read back as the same number; with a decimal point, which YAML 1.1 readers
// require.
std::string written(double value) {
  std::string text = fmt::format("{}", value);
  if (text.find('.') != std::string::npos) return text;
  const size_t exponent = std::min(text.find('e'), text.size());
  return text.insert(exponent, ".0");
}

std::string written(int64_t value) {
  return fmt::format("{}", value);
}

std::string written(bool value) {
  return value ? "true" : "false";
}

bool is_plain_char(char c) {
  const bool alphanumeric = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
  return alphanumeric || c == '_' || c == '.' || c == '/' || c == '-';
}

// Unquoted only if no YAML reader takes the word for a number, a boolean, null or a document marker.
bool is_plain(const std::string& text) {
  static constexpr std::string_view kReserved[] = {"true", "false", "null", "yes", "no",
                                                   "on",   "off",   "y",    "n"};
  if (text.empty() || !std::ranges::all_of(text, is_plain_char)) return false;
  std::string lower = text;
  std::ranges::transform(lower, lower.begin(), [](unsigned char c) { return std::tolower(c); });
  if (std::ranges::find(kReserved, lower) != std::end(kReserved)) return false;
  const bool starts_like_number = !std::isalpha(static_cast<unsigned char>(text[0])) && text[0] != '/';
  return !starts_like_number;
}

std::string written(const std::string& value) {
  if (is_plain(value)) return value;
  std::string text = "\"";
  for (const char c : value) {
    if (c == '"' || c == '\\') {
      text += {'\\', c};
    } else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
      text += fmt::format("\\x{:02x}", c);
    } else {
      text += c;
    }
  }
  return text + '"';
}

std::string written(const std::vector<std::string>& values) {
  std::string text = "[";
  for (const std::string& value : values) {
    if (text.size() > 1) text += ", ";
    text += written(value);
  }
  return text + "]";
}

class YamlWriter {
 public:
  void field(const FieldInfo& info, const auto& value) {
    text_ += fmt::format("{}{}: {}", indent_, info.key, written(value));
    if (!info.help.empty()) text_ += fmt::format("  # {}", info.help);
    text_ += '\n';
  }

  void section(std::string_view key, const auto& nested) {
    text_ += fmt::format("\n{}{}:\n", indent_, key);
    indent_ += "  ";
    visit_fields(nested, *this);
    indent_.resize(indent_.size() - 2);
  }

  std::string text() && { return std::move(text_); }

 private:
  std::string indent_;
  std::string text_;
};

template <typename Config>
std::string write_yaml(const Config& config) {
  YamlWriter writer;
  visit_fields(config, writer);
  return std::move(writer).text();
}

}  // namespace

std::string to_yaml(const PretrainConfig& config) {
  return write_yaml(config);
}

std::string to_yaml(const FinetuneConfig& config) {
  return write_yaml(config);
}

std::string to_yaml(const ModelConfig& config) {
  return write_yaml(config);
}

}  // namespace rpp
