#include "glue_row.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cmath>

#include "rpp/core/error.h"

namespace rpp {

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

int32_t parse_glue_label(const GlueTask& task, std::string_view text, const FileLine& where) {
  const auto it = std::find(task.label_names.begin(), task.label_names.end(), text);
  if (it == task.label_names.end()) {
    fail("{}:{}: unknown label '{}' (expected {})", where.file, where.line, text,
         fmt::join(task.label_names, ", "));
  }
  return static_cast<int32_t>(it - task.label_names.begin());
}

double parse_glue_score(std::string_view text, const FileLine& where) {
  double score = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), score);
  if (error != std::errc() || end != text.data() + text.size() || !std::isfinite(score)) {
    fail("{}:{}: '{}' is no score (expected a number)", where.file, where.line, text);
  }
  return score;
}

}  // namespace rpp
