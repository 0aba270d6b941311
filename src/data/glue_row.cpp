#include "glue_row.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cmath>
#include <set>

#include "rpp/error.h"

namespace rpp {
namespace {

constexpr char kItemEnd = '\x1f';  // no label holds a control character

std::string_view trimmed_blanks(std::string_view text) {
  const size_t first = text.find_first_not_of(' ');
  if (first == text.npos) return "";
  return text.substr(first, text.find_last_not_of(' ') - first + 1);
}

}  // namespace

std::vector<std::string_view> split_tabs(std::string_view line) {
  std::vector<std::string_view> fields;
  for (size_t tab = line.find('\t'); tab != std::string_view::npos; tab = line.find('\t')) {
    fields.push_back(line.substr(0, tab));
    line.remove_prefix(tab + 1);
  }
  fields.push_back(line);
  return fields;
}

std::string plain_name(std::string_view name) {
  std::string plain;
  for (const char c : name) {
    if (std::isalnum(static_cast<unsigned char>(c)) != 0) plain += static_cast<char>(std::tolower(c));
  }
  return plain;
}

std::string join_items(const std::vector<std::string>& items) {
  std::string joined;
  for (const std::string& item : items) joined += item + kItemEnd;
  return joined;
}

std::vector<std::string> split_items(std::string_view value, std::string_view separator) {
  std::vector<std::string> items;
  const bool is_joined = value.ends_with(kItemEnd);
  if (is_joined) {
    separator = {&kItemEnd, 1};
    value.remove_suffix(1);
  } else if (trimmed_blanks(value).empty()) {
    return items;
  }
  for (size_t begin = 0; begin <= value.size();) {
    const size_t end = std::min(value.find(separator, begin), value.size());
    const std::string_view item = value.substr(begin, end - begin);
    items.emplace_back(is_joined ? item : trimmed_blanks(item));
    begin = end + separator.size();
  }
  return items;
}

GlueLabels::GlueLabels(const GlueTask& task) : task_(task) {
  for (const std::string& name : task.label_names) {
    classes_.emplace(name, static_cast<int32_t>(&name - task.label_names.data()));
  }
}

int32_t GlueLabels::parse(std::string_view text, const FileLine& where) const {
  const auto found = classes_.find(text);
  if (found == classes_.end()) {
    fail("{}:{}: unknown label '{}' (expected {})", where.file, where.line, text,
         fmt::join(task_.label_names, ", "));
  }
  return found->second;
}

std::vector<int32_t> GlueLabels::parse_set(std::string_view text, const FileLine& where) const {
  std::set<int32_t> classes;
  for (const std::string& label : split_items(text, task_.label_separator)) {
    classes.insert(parse(label, where));
  }
  return {classes.begin(), classes.end()};
}

double parse_glue_score(std::string_view text, const FileLine& where) {
  double score = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), score);
  if (error != std::errc() || end != text.data() + text.size() || !std::isfinite(score)) {
    fail("{}:{}: '{}' is not a score (expected a number)", where.file, where.line, text);
  }
  return score;
}

}  // namespace rpp
